import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { cruise, type ICruiseResult } from 'dependency-cruiser';
import { ruleSet } from './dependency-rules.ts';
import { forbiddenParts, importTable, restrictedPackages } from './import-table.ts';

/**
 * The import table holds, and would be noticed if it did not: a planted tree in which every folder imports every other
 * has to give exactly the violations the table says. Answers the problems; none is good.
 */
export async function checkImports(root: string): Promise<string[]> {
  return [...(await provenRules()), ...violations(await run(root))];
}

async function run(root: string): Promise<ICruiseResult> {
  const { output } = await cruise(['src'], {
    baseDir: root,
    validate: true,
    ruleSet,
    tsPreCompilationDeps: true,
    doNotFollow: { path: 'node_modules' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'node', 'default', 'types'],
    },
  });
  if (typeof output === 'string') throw new Error('dependency-cruiser answered text');
  // with TypeScript 7 it sees no module and is content
  if (output.summary.totalCruised === 0) throw new Error('dependency-cruiser saw no module');
  return output;
}

function violations(result: ICruiseResult): string[] {
  return result.summary.violations.map((one) => `${one.from} → ${one.to}: ${one.rule.name}`);
}

async function provenRules(): Promise<string[]> {
  const root = mkdtempSync(join(tmpdir(), 'import-table-'));
  try {
    const write = (path: string, text: string) => {
      mkdirSync(dirname(join(root, path)), { recursive: true });
      writeFileSync(join(root, path), text);
    };
    const areas = Object.keys(importTable);
    const parts = [
      ...areas.map((area) => `${area}/planted-target.ts`),
      'cluster/cluster.ts',
      ...forbiddenParts.map(({ to }) => `${to}/planted-target.ts`),
    ];
    for (const part of parts) write(`src/${part}`, 'export type Planted = 1;\n');
    const packages = Object.keys(restrictedPackages);
    symlinkSync(join(import.meta.dirname, '..', 'node_modules'), join(root, 'node_modules'));
    const expected = new Set<string>();
    for (const area of areas) {
      const imports = parts.map(
        (part, index) =>
          `import type { Planted as P${index} } from '../${part}';\nexport type Q${index} = P${index};\n`,
      );
      const loads = packages.map((name) => `import '${name}';\n`);
      write(`src/${area}/planted.ts`, [...loads, ...imports].join(''));
      for (const part of parts)
        if (!isAllowed(area, part)) expected.add(`src/${area}/planted.ts → src/${part}`);
      for (const name of packages)
        if (!restrictedPackages[name]?.includes(area)) expected.add(`src/${area}/planted.ts → ${name}`);
    }
    const found = new Set<string>();
    for (const one of (await run(root)).summary.violations) {
      const name = packages.find((known) => one.to.includes(`node_modules/${known}/`));
      found.add(`${one.from} → ${name ?? one.to}`);
    }
    return [
      ...[...expected]
        .filter((edge) => !found.has(edge))
        .map((edge) => `a planted import was not noticed: ${edge}`),
      ...[...found]
        .filter((edge) => !expected.has(edge))
        .map((edge) => `an allowed import was refused: ${edge}`),
    ];
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
}

function isAllowed(area: string, part: string): boolean {
  if (forbiddenParts.some(({ from, to }) => from === area && part.startsWith(`${to}/`))) return false;
  return [area, ...(importTable[area] ?? [])].some(
    (allowed) => part === allowed || part.startsWith(`${allowed}/`),
  );
}
