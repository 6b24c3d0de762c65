import type { SanitiserRule } from './rule.ts';

export const resourceVersion: SanitiserRule = {
  name: 'resource-version',
  reason: 'resource versions put all objects into the order in which they were touched',
  field: (_kind, path) =>
    path.at(-1) === 'resourceVersion' &&
    ['metadata', 'involvedObject', 'related', 'targetRef'].includes(path.at(-2) ?? '')
      ? 'drop'
      : undefined,
};
