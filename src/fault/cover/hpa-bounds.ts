import { type Static, Type } from 'typebox';
import type { Cover } from '../fault.ts';
import { numberAt } from '../json-access.ts';
import { patch } from '../operations.ts';
import { resolveTarget, target, targetText } from '../targets.ts';
import { nameOf, objectsOf } from '../workloads.ts';

const kinds = ['HorizontalPodAutoscaler'] as const;

const Arguments = Type.Object(
  {
    target: targetText('The HorizontalPodAutoscaler whose maximum is raised.'),
    maxReplicas: Type.Optional(
      Type.Integer({ minimum: 2, description: 'The new maximum; by default two more.' }),
    ),
  },
  {
    additionalProperties: false,
    examples: [{ target: 'storefront/HorizontalPodAutoscaler/web-frontend', maxReplicas: 12 }],
  },
);
type Arguments = Static<typeof Arguments>;

/** More room for an autoscaler. */
export const hpaBounds: Cover<Arguments> = {
  name: 'hpa-bounds',
  summary: 'The maximum of an autoscaler is raised',
  description:
    'Somebody gives an autoscaler more room, as before a sale. Nothing scales while the load stays.',
  schema: Arguments,
  requires: [],
  suggest(view) {
    const hpa = objectsOf(view, 'HorizontalPodAutoscaler')[0];
    return hpa && { target: nameOf(hpa) };
  },
  check(args, view) {
    const { object, problem } = resolveTarget(view, args.target, kinds, '/target');
    if (object === undefined) return [problem];
    const now = numberAt(object, 'spec', 'maxReplicas') ?? 1;
    return args.maxReplicas !== undefined && args.maxReplicas <= now
      ? [{ path: '/maxReplicas', message: `the maximum is ${now}; ${args.maxReplicas} does not raise it` }]
      : [];
  },
  plan(args, view) {
    const hpa = target(view, args.target, kinds);
    const maxReplicas = args.maxReplicas ?? (numberAt(hpa, 'spec', 'maxReplicas') ?? 1) + 2;
    return {
      operations: [
        patch(
          'cover',
          hpa,
          'merge',
          { spec: { maxReplicas } },
          `raise the maximum of ${nameOf(hpa)} to ${maxReplicas}`,
        ),
      ],
      expectations: [],
    };
  },
};
