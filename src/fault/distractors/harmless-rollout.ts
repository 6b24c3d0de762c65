import { type Static, Type } from 'typebox';
import { byImportance } from '../call-graph.ts';
import type { Distractor } from '../fault.ts';
import { restart } from '../operations.ts';
import { neighbourRelease, ordinaryRollout, releaseProblem } from '../rollouts.ts';
import { resolveWorkload, target, targetText } from '../targets.ts';
import { nameOf, programOf, workloadsOf } from '../workloads.ts';

const kinds = ['Deployment', 'StatefulSet'] as const;

const Arguments = Type.Object(
  {
    target: targetText('The workload that is rolled out; it should have no part in the incident.'),
    tag: Type.Optional(
      Type.String({
        description:
          'A release of its image without a defect; by default the next one, or a restart if there is no other.',
      }),
    ),
  },
  { additionalProperties: false, examples: [{ target: 'storefront/Deployment/ads' }] },
);
type Arguments = Static<typeof Arguments>;

/** A rollout close to the incident that has nothing to do with it. */
export const harmlessRollout: Distractor<Arguments> = {
  name: 'harmless-rollout',
  summary: 'A real rollout of another workload to another good release',
  description:
    'A deployment shortly before or during the incident draws suspicion: pods are replaced, Events are written, a new version shows in spans and labels. It works as it should.',
  schema: Arguments,
  requires: [],
  suggest(view) {
    // the least important one: a rollout of something central would be noticed
    const workload = byImportance(view, workloadsOf(view)).findLast(
      (w) =>
        w.kind === 'Deployment' &&
        programOf(view, w)?.kind === 'service' &&
        neighbourRelease(view, w) !== undefined,
    );
    return workload && { target: nameOf(workload) };
  },
  check(args, view) {
    const { object, problem } = resolveWorkload(view, args.target, '/target', kinds);
    return [object === undefined ? problem : releaseProblem(view, object, args.tag)].filter(
      (p) => p !== undefined,
    );
  },
  plan(args, view) {
    const workload = target(view, args.target, kinds);
    const tag = args.tag ?? neighbourRelease(view, workload);
    if (tag === undefined) return { operations: [restart(workload, 0, 'cover')], expectations: [] };
    return { operations: [ordinaryRollout(view, workload, tag)], expectations: [] };
  },
};
