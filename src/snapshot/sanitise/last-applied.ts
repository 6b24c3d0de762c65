import type { SanitiserRule } from './rule.ts';

export const lastApplied: SanitiserRule = {
  name: 'last-applied',
  reason: 'the last applied configuration beside the live object is a diff of what was changed since',
  field: (_kind, path) =>
    path[0] === 'metadata' &&
    path[1] === 'annotations' &&
    path[2] === 'kubectl.kubernetes.io/last-applied-configuration'
      ? 'drop'
      : undefined,
};
