import type { SanitiserRule } from './rule.ts';

const counters = new Set(['generation', 'observedGeneration']);

export const generation: SanitiserRule = {
  name: 'generation',
  reason:
    'the generation counts edits of a spec and singles out the object that was edited; rollouts show in ReplicaSets',
  field: (_kind, path) => {
    const [root] = path;
    const isCounter =
      counters.has(path.at(-1) ?? '') && (root === 'metadata' ? path.length === 2 : root === 'status');
    return isCounter ? 'drop' : undefined;
  },
};
