import type { KubeObject } from '../spec/kube-types.ts';
import type { Program, Step } from '../spec/program.ts';
import { callsFrom } from './call-graph.ts';
import type { ClusterView } from './fault.ts';
import { numberIn } from './settings.ts';
import { isLoadGenerator, nameOf, programOf, replicasOf, workloadKinds } from './workloads.ts';

/**
 * Connections of each pool in use on average, over all pods of a workload, by `namespace/Kind/name upstream`: the users'
 * journeys followed through the programs' steps at the application's load, times how long each query takes. An
 * estimate from descriptions; queueing makes the real number larger when it comes near the limit.
 */
function poolUse(view: ClusterView): ReadonlyMap<string, number> {
  const use = new Map<string, number>();
  const users = view.objects.find(
    (o) => (workloadKinds as readonly string[]).includes(o.kind) && isLoadGenerator(view, o),
  );
  const journeys = (users && programOf(view, users)?.journeys) ?? [];
  const requests = journeys.reduce((sum, journey) => sum + journey.weight * journey.requests.length, 0);
  if (users === undefined || requests === 0) return use;
  const ratePerWeight = view.application.file.load.requestsPerSecond / requests;
  for (const journey of journeys)
    for (const { route } of journey.requests)
      for (const call of callsFrom(view, users).slice(0, 1))
        enter(view, call.callees[0], route, ratePerWeight * journey.weight, use, 0);
  return use;
}

/** Connections of a pool that one pod of the workload uses on average; `undefined` if nothing is known to use it. */
export function poolUsePerPod(view: ClusterView, workload: KubeObject, upstream: string): number | undefined {
  const total = poolUse(view).get(`${nameOf(workload)} ${upstream}`);
  return total === undefined ? undefined : total / Math.max(1, replicasOf(workload));
}

function enter(
  view: ClusterView,
  callee: KubeObject | undefined,
  route: string,
  rate: number,
  use: Map<string, number>,
  depth: number,
): void {
  // programs do not call each other in circles, but a description might
  if (callee === undefined || depth > 12) return;
  const found = programOf(view, callee)?.routes?.find((candidate) => matches(candidate, route));
  if (found !== undefined) follow(view, callee, found.steps, rate, use, depth);
}

function follow(
  view: ClusterView,
  workload: KubeObject,
  steps: readonly Step[],
  rate: number,
  use: Map<string, number>,
  depth: number,
): void {
  for (const step of steps) {
    if ('call' in step) {
      const dependency = callsFrom(view, workload).find((d) => d.upstream === step.call);
      enter(view, dependency?.callees[0], step.route, rate, use, depth + 1);
    } else if ('query' in step) {
      const key = `${nameOf(workload)} ${step.query}`;
      use.set(key, (use.get(key) ?? 0) + (rate * (numberIn(view, workload, step.workMs) ?? 0)) / 1000);
    } else if ('parallel' in step)
      for (const branch of step.parallel) follow(view, workload, branch, rate, use, depth);
    else if ('chance' in step) follow(view, workload, step.steps, rate * step.chance, use, depth);
    else if ('repeat' in step) follow(view, workload, step.steps, rate * step.repeat, use, depth);
    else if ('cache' in step)
      follow(
        view,
        workload,
        step.miss ?? [],
        rate * (1 - (numberIn(view, workload, step.hitRatio ?? 1) ?? 1)),
        use,
        depth,
      );
    else if ('publish' in step) deliver(view, step.subject, rate, use, depth + 1);
  }
}

/** A message reaches one member of each group that subscribed. */
function deliver(
  view: ClusterView,
  subject: string,
  rate: number,
  use: Map<string, number>,
  depth: number,
): void {
  if (depth > 12) return;
  for (const workload of view.objects.filter((o) => (workloadKinds as readonly string[]).includes(o.kind)))
    for (const subscription of programOf(view, workload)?.subscriptions ?? [])
      if (subscription.subject === subject) follow(view, workload, subscription.steps, rate, use, depth);
}

/** Whether `GET /products/17` is for the route `GET /products/{id}`. */
function matches(route: NonNullable<Program['routes']>[number], request: string): boolean {
  const [method, path = ''] = request.split(' ');
  if (method !== route.method) return false;
  const wanted = route.path.split('/');
  const given = (path.split('?')[0] ?? '').split('/');
  return (
    wanted.length === given.length && wanted.every((part, i) => part === given[i] || part.startsWith('{'))
  );
}
