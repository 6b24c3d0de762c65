import { type Static, Type } from 'typebox';
import type { Cover } from '../fault.ts';
import { restart } from '../operations.ts';
import { resolveWorkload, target, targetText } from '../targets.ts';
import { nameOf, workloadsOf } from '../workloads.ts';

const Arguments = Type.Object(
  { target: targetText('The workload whose pods are restarted one after another.') },
  { additionalProperties: false, examples: [{ target: 'storefront/Deployment/ads' }] },
);
type Arguments = Static<typeof Arguments>;

/** What `kubectl rollout restart` does. */
export const restartCover: Cover<Arguments> = {
  name: 'restart',
  summary: 'A rolling restart',
  description:
    'Somebody restarts a workload, as `kubectl rollout restart` does. Pods are replaced one after another.',
  schema: Arguments,
  requires: [],
  suggest(view) {
    const workload = workloadsOf(view).find((w) => w.kind === 'Deployment');
    return workload && { target: nameOf(workload) };
  },
  check: (args, view) =>
    [resolveWorkload(view, args.target, '/target').problem].filter((p) => p !== undefined),
  plan: (args, view) => ({ operations: [restart(target(view, args.target), 0, 'cover')], expectations: [] }),
};
