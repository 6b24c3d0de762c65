import { type Static, Type } from 'typebox';
import type { Cover } from '../fault.ts';
import { neighbourRelease, ordinaryRollout, releaseProblem } from '../rollouts.ts';
import { resolveWorkload, target, targetText } from '../targets.ts';
import { nameOf, workloadsOf } from '../workloads.ts';

const kinds = ['Deployment', 'StatefulSet'] as const;

const Arguments = Type.Object(
  {
    target: targetText('The workload that gets another release.'),
    tag: Type.Optional(Type.String({ description: 'A release without a defect; by default the next one.' })),
  },
  { additionalProperties: false, examples: [{ target: 'storefront/Deployment/ads' }] },
);
type Arguments = Static<typeof Arguments>;

/** Another good release. */
export const imageBump: Cover<Arguments> = {
  name: 'image-bump',
  summary: 'A rollout to another good release',
  description: 'An ordinary deployment of a release that works.',
  schema: Arguments,
  requires: [],
  suggest(view) {
    const workload = workloadsOf(view).find(
      (w) => w.kind === 'Deployment' && imageBump.check({ target: nameOf(w) }, view).length === 0,
    );
    return workload && { target: nameOf(workload) };
  },
  check(args, view) {
    const { object, problem } = resolveWorkload(view, args.target, '/target', kinds);
    if (object === undefined) return [problem];
    if (args.tag === undefined && neighbourRelease(view, object) === undefined)
      return [{ path: '/target', message: `${nameOf(object)} has no other release without a defect` }];
    return [releaseProblem(view, object, args.tag)].filter((p) => p !== undefined);
  },
  plan(args, view) {
    const workload = target(view, args.target, kinds);
    const tag = args.tag ?? neighbourRelease(view, workload);
    if (tag === undefined) throw new Error('planned without a check');
    return { operations: [ordinaryRollout(view, workload, tag)], expectations: [] };
  },
};
