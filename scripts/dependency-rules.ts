import type { IFlattenedRuleSet } from 'dependency-cruiser';
import { forbiddenParts, importTable, restrictedPackages } from './import-table.ts';

const quote = (text: string) => text.replaceAll(/[.\\/]/g, '\\$&');
const folder = (name: string) => `^src/${quote(name)}${name.endsWith('.ts') ? '$' : '/'}`;

/** dependency-cruiser's rules from the import table; type imports count, too. */
export const ruleSet: IFlattenedRuleSet = {
  forbidden: [
    ...Object.entries(importTable).map(([area, allowed]) => ({
      name: `${area}-imports-down-only`,
      severity: 'error' as const,
      from: { path: folder(area) },
      to: { path: '^src/', pathNot: [area, ...allowed].map(folder) },
    })),
    ...forbiddenParts.map(({ from, to, why }) => ({
      name: `${from}-not-${to.replaceAll('/', '-')}`,
      comment: why,
      severity: 'error' as const,
      from: { path: folder(from) },
      to: { path: folder(to) },
    })),
    ...Object.entries(restrictedPackages).map(([name, areas]) => ({
      name: `restricted-${name.replaceAll(/[@/]+/g, '-').replace(/^-/, '')}`,
      severity: 'error' as const,
      from: { path: '^src/', pathNot: areas.map(folder) },
      to: { path: `node_modules/${quote(name)}/` },
    })),
    {
      name: 'no-cycles',
      severity: 'error',
      from: { path: '^src/' },
      to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
    },
    { name: 'resolvable', severity: 'error', from: {}, to: { couldNotResolve: true } },
    {
      name: 'no-tests-from-source',
      severity: 'error',
      from: { path: '^src/' },
      to: { path: '^(test|bench|scripts)/' },
    },
  ],
};
