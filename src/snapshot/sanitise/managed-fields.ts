import type { SanitiserRule } from './rule.ts';

export const managedFields: SanitiserRule = {
  name: 'managed-fields',
  reason: 'managedFields says who changed which field when',
  field: (_kind, path) =>
    path.length === 2 && path[0] === 'metadata' && path[1] === 'managedFields' ? 'drop' : undefined,
};
