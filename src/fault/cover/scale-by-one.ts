import { type Static, Type } from 'typebox';
import type { Cover } from '../fault.ts';
import { patch } from '../operations.ts';
import { resolveWorkload, target, targetText } from '../targets.ts';
import { autoscalerOf, nameOf, replicasOf, workloadsOf } from '../workloads.ts';

const kinds = ['Deployment', 'StatefulSet'] as const;

const Arguments = Type.Object(
  { target: targetText('The workload that gets one replica more.') },
  { additionalProperties: false, examples: [{ target: 'storefront/Deployment/ads' }] },
);
type Arguments = Static<typeof Arguments>;

/** One replica more. */
export const scaleByOne: Cover<Arguments> = {
  name: 'scale-by-one',
  summary: 'One replica more',
  description:
    'Somebody gives a workload one more replica, as `kubectl scale` does. What an autoscaler scales is refused: it would set the number back.',
  schema: Arguments,
  requires: [],
  suggest(view) {
    const workload = workloadsOf(view).find(
      (w) => w.kind === 'Deployment' && scaleByOne.check({ target: nameOf(w) }, view).length === 0,
    );
    return workload && { target: nameOf(workload) };
  },
  check(args, view) {
    const { object, problem } = resolveWorkload(view, args.target, '/target', kinds);
    if (object === undefined) return [problem];
    const autoscaler = autoscalerOf(view, object);
    return autoscaler === undefined
      ? []
      : [
          {
            path: '/target',
            message: `${nameOf(object)} is scaled by ${nameOf(autoscaler)}`,
            hint: 'use hpa-bounds for it',
          },
        ];
  },
  plan(args, view) {
    const workload = target(view, args.target, kinds);
    const replicas = replicasOf(workload) + 1;
    return {
      operations: [
        patch('cover', workload, 'merge', { spec: { replicas } }, `scale ${nameOf(workload)} to ${replicas}`),
      ],
      expectations: [],
    };
  },
};
