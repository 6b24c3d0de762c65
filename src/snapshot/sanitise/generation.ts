import type { SanitiserRule } from './rule.ts';

/** Their generation is part of ordinary evidence (a rollout that is not observed yet), and ReplicaSets tell as much. */
const rollingOut = new Set(['Deployment', 'ReplicaSet', 'StatefulSet', 'DaemonSet', 'Pod']);

export const generation: SanitiserRule = {
  name: 'generation',
  reason:
    'the generation of a policy, autoscaler or budget counts edits and singles out the one that was edited',
  field: (kind, path) => {
    if (rollingOut.has(kind) || path.length !== 2) return undefined;
    const field = `${path[0]}.${path[1]}`;
    return field === 'metadata.generation' || field === 'status.observedGeneration' ? 'drop' : undefined;
  },
};
