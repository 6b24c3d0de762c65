import { type Static, Type } from 'typebox';
import { parseQuantity } from '../../kube/quantity.ts';
import type { KubeObject } from '../../spec/kube-types.ts';
import { byImportance } from '../call-graph.ts';
import { alertAbout, container, must, mustNot, within } from '../expectations.ts';
import type { ArgumentProblem, ClusterView, Fault } from '../fault.ts';
import { at, listAt, textAt } from '../json-access.ts';
import { holdProblem, patch, takeHold } from '../operations.ts';
import { formatMemory } from '../quantities.ts';
import { numberIn } from '../settings.ts';
import { resolveWorkload, target, targetText } from '../targets.ts';
import { mainContainer, nameOf, objectsOf, programOf, replicasOf, workloadsOf } from '../workloads.ts';

const kinds = ['Deployment', 'StatefulSet'] as const;
const mebi = 1024 ** 2;

const Arguments = Type.Object(
  {
    target: targetText('The workload whose container is killed.'),
    limit: Type.Optional(
      Type.String({
        pattern: '^\\d+(\\.\\d+)?(Ki|Mi|Gi|k|M|G)$',
        description: 'The new memory limit; by default one below what the program needs under load.',
      }),
    ),
  },
  { additionalProperties: false, examples: [{ target: 'storefront/Deployment/catalogue', limit: '84Mi' }] },
);
type Arguments = Static<typeof Arguments>;

/** A memory limit below the working set under load. */
export const memoryLimitOom: Fault<Arguments> = {
  name: 'memory-limit-oom',
  summary: 'A memory limit below what the program needs under load',
  description:
    'Somebody trims resources and sets the memory limit (and with it the request) of a container below its working set. The kernel kills the process when it grows over the limit: last state OOMKilled, ' +
    'exit code 137, the log is cut short without an error, and the restarts come with growing delays. Where the process still becomes ready before it is killed, the rollout itself succeeds; ' +
    'where it does not, a rolling update would keep the old pods, so the same edit sets the Deployment to Recreate.',
  category: 'performance',
  tags: ['memory', 'limits', 'rollout'],
  schema: Arguments,
  requires: [],
  suggest(view) {
    const workload = byImportance(view, workloadsOf(view)).find(
      (w) =>
        programOf(view, w)?.kind === 'service' &&
        memoryLimitOom.check({ target: nameOf(w) }, view).length === 0,
    );
    return workload && { target: nameOf(workload) };
  },
  check(args, view) {
    const { object, problem } = resolveWorkload(view, args.target, '/target', kinds);
    if (object === undefined) return [problem];
    const problems: (ArgumentProblem | undefined)[] = [holdProblem(object, '/target')];
    const need = needOf(view, object);
    const limit = limitBytes(args, view, object);
    if (limit === undefined || need === undefined) {
      if (args.limit === undefined)
        problems.push({
          path: '/target',
          message: `how much memory ${nameOf(object)} needs is not known`,
          hint: 'give a limit',
        });
      return problems.filter((p) => p !== undefined);
    }
    if (limit >= need.underLoad)
      problems.push({
        path: '/limit',
        message: `${formatMemory(limit)} is enough for ${nameOf(object)}`,
        hint: `it needs about ${formatMemory(need.underLoad)} under load`,
      });
    const minimum = minimumOf(view, object);
    if (minimum !== undefined && limit < minimum)
      problems.push({
        path: '/limit',
        message: `${formatMemory(limit)} is below the LimitRange minimum of ${formatMemory(minimum)}: the API would refuse the pods`,
      });
    return problems.filter((p) => p !== undefined);
  },
  plan(args, view) {
    const workload = target(view, args.target, kinds);
    const main = mainContainer(view, workload);
    const bytes = limitBytes(args, view, workload);
    if (main === undefined || bytes === undefined) throw new Error('planned without a check');
    const limit = args.limit ?? formatMemory(bytes);
    const request = parseQuantity(at(main.raw, 'resources', 'requests', 'memory'));
    const resources = {
      limits: { memory: limit },
      ...(request !== undefined && request > bytes ? { requests: { memory: limit } } : {}),
    };
    // where it lives long enough to become ready, the rollout replaces the old pods by itself
    const livesMs = lifeMs(view, workload, bytes);
    const hold = livesMs >= 15_000 * replicasOf(workload) ? {} : takeHold(workload);
    const body = { spec: { ...hold, template: { spec: { containers: [{ name: main.name, resources }] } } } };
    const before = textAt(main.raw, 'resources', 'limits', 'memory');
    return {
      operations: [
        patch(
          'cause',
          workload,
          'strategic',
          body,
          `lower the memory limit of ${nameOf(workload)} from ${before ?? 'none'} to ${limit}`,
        ),
      ],
      expectations: [
        must(container(workload, 'OOMKilled'), within.event + livesMs),
        // the first restart comes at once, the second is delayed
        must(container(workload, 'CrashLoopBackOff'), within.event + 2 * livesMs),
        mustNot(container(workload, 'ImagePullBackOff')),
        ...alertAbout(
          view,
          ['KubePodCrashLooping', 'KubeContainerOOMKilled', 'KubeDeploymentReplicasMismatch'],
          workload,
          within.alert + 2 * livesMs,
        ),
      ],
    };
  },
};

/** How long a process lives with a limit: until its cache has grown to it, as its program declares; 0 if it never starts or nothing is known. */
function lifeMs(view: ClusterView, workload: KubeObject, limit: number): number {
  const need = needOf(view, workload);
  if (need === undefined || limit <= need.atStart || need.underLoad <= need.atStart) return 0;
  const fillMs = programOf(view, workload)?.memory?.cacheFillMs ?? 0;
  return Math.round((fillMs * (limit - need.atStart)) / (need.underLoad - need.atStart));
}

/** Bytes a container takes when it has started, and under load, as its program declares. */
function needOf(view: ClusterView, workload: KubeObject): { atStart: number; underLoad: number } | undefined {
  const memory = programOf(view, workload)?.memory;
  if (memory === undefined) return undefined;
  const atStart = memory.baseMiB * mebi;
  return { atStart, underLoad: atStart + (numberIn(view, workload, memory.cacheMiB ?? 0) ?? 0) * mebi };
}

function limitBytes(args: Arguments, view: ClusterView, workload: KubeObject): number | undefined {
  if (args.limit !== undefined) return parseQuantity(args.limit);
  const need = needOf(view, workload);
  if (need === undefined) return undefined;
  const grows = need.underLoad > 1.2 * need.atStart;
  // a quarter of its cache: it works for a while after each start
  const share = grows ? 0.2 + 0.1 * view.random('limit') : 0;
  const bytes = grows
    ? need.atStart + share * (need.underLoad - need.atStart)
    : need.atStart * (0.8 + 0.1 * view.random('limit'));
  return Math.max(4, Math.floor(bytes / mebi / 4) * 4) * mebi;
}

function minimumOf(view: ClusterView, workload: KubeObject): number | undefined {
  const minima = objectsOf(view, 'LimitRange', workload.metadata.namespace)
    .flatMap((range) => listAt(range, 'spec', 'limits'))
    .filter((entry) => textAt(entry, 'type') === 'Container')
    .map((entry) => parseQuantity(at(entry, 'min', 'memory')))
    .filter((value) => value !== undefined);
  return minima.length === 0 ? undefined : Math.max(...minima);
}
