import { entityName } from '../spec/entity-name.ts';
import type { KubeObject } from '../spec/kube-types.ts';
import type { OperationAction, OperationRole } from '../spec/plan.ts';
import { callersOf, type Dependency } from './call-graph.ts';
import type { ArgumentProblem, ClusterView, PlannedOperation } from './fault.ts';
import { nameOf, programOf, refOf, replacementOf, replicasOf } from './workloads.ts';

/** Pause an operator makes between a change and the restart that follows it. */
export const pauseMs = 15_000;

/** A patch of one object. */
export function patch(
  role: OperationRole,
  object: KubeObject,
  type: 'json' | 'merge' | 'strategic',
  body: unknown,
  summary: string,
  atMs = 0,
): PlannedOperation {
  return { role, atMs, summary, action: { verb: 'patch', target: refOf(object), type, body } };
}

/** An action with a role; for calls that `changeSetting` makes. */
export function operation(
  role: OperationRole,
  action: OperationAction,
  summary: string,
  atMs = 0,
): PlannedOperation {
  return { role, atMs, summary, action };
}

/** What `kubectl rollout restart` does. */
export function restart(
  workload: KubeObject,
  atMs = pauseMs,
  role: OperationRole = 'trigger',
): PlannedOperation {
  const body = {
    spec: { template: { metadata: { annotations: { 'kubectl.kubernetes.io/restartedAt': '$NOW' } } } },
  };
  return patch(
    role,
    workload,
    'strategic',
    body,
    `restart the pods of ${nameOf(workload)} one after another`,
    atMs,
  );
}

/** Whether a patch is what `kubectl rollout restart` sends. */
export function isRestart(body: unknown): boolean {
  return JSON.stringify(body).includes('"kubectl.kubernetes.io/restartedAt"');
}

/** Deletes all pods of a workload, so that every one of them starts anew. */
export function replacePods(workload: KubeObject, atMs = pauseMs): PlannedOperation {
  return {
    role: 'trigger',
    atMs,
    summary: `delete the pods of ${nameOf(workload)}`,
    action: { verb: 'delete-pods', owner: refOf(workload), count: 'all' },
    mayFail: true,
  };
}

/**
 * Part of a template change that lets it take hold. A rolling update keeps old pods while new ones fail, so a change that
 * makes new pods fail would have no effect on users: the same edit switches the Deployment to Recreate.
 */
export function takeHold(workload: KubeObject): Readonly<Record<string, unknown>> {
  if (workload.kind !== 'Deployment' || replacementOf(workload).takesAllDown) return {};
  return { strategy: { type: 'Recreate', rollingUpdate: null } };
}

/** Says why a template change that makes new pods fail would not reach users here; `undefined` if it would. */
export function holdProblem(workload: KubeObject, path: string): ArgumentProblem | undefined {
  if (workload.kind === 'Deployment' || replacementOf(workload).takesAllDown) return undefined;
  const why =
    workload.kind === 'StatefulSet'
      ? `has ${replicasOf(workload)} replicas and stops at the first new pod that fails`
      : 'replaces its pods node by node';
  return {
    path,
    message: `${nameOf(workload)} ${why}, so users would not notice`,
    hint: 'choose a Deployment or a StatefulSet with one replica',
  };
}

/**
 * Restarts that end the connections which a change of routing or policy leaves standing: of the callee where that is a
 * program of the application, else of the callers; of a caller at once where it could not become ready again.
 */
export function renewConnections(
  view: ClusterView,
  calls: readonly Dependency[],
  prefer: 'callee' | 'caller',
): readonly PlannedOperation[] {
  const rolling = new Set<KubeObject>();
  const atOnce = new Set<KubeObject>();
  for (const call of calls) {
    const callee = call.callees.find(
      (w) => w.kind === 'Deployment' && programOf(view, w)?.kind === 'service',
    );
    const caller = callersOf(view, [call])[0];
    if (callee !== undefined && (prefer === 'callee' || caller === undefined || needsToStart(view, call)))
      rolling.add(callee);
    else if (caller !== undefined) (needsToStart(view, call) ? atOnce : rolling).add(caller);
  }
  const byName = (set: ReadonlySet<KubeObject>) =>
    [...set].toSorted((a, b) => (nameOf(a) < nameOf(b) ? -1 : 1));
  return [
    ...byName(atOnce).map((w, i) => replacePods(w, pauseMs + i * 4000)),
    ...byName(rolling)
      .filter((w) => !atOnce.has(w))
      .map((w, i) => restart(w, pauseMs + i * 4000)),
  ];
}

/** Whether the caller cannot start or become ready without the upstream. */
function needsToStart(view: ClusterView, call: Dependency): boolean {
  const program = programOf(view, call.caller);
  return (
    (program?.readyNeeds?.includes(call.upstream) ?? false) ||
    JSON.stringify(program?.start ?? []).includes(`"${call.upstream}"`)
  );
}

/** Name of what an action acts on, for people. */
export function subjectOf(action: OperationAction): string {
  switch (action.verb) {
    case 'create':
      return nameOf(action.object);
    case 'patch':
    case 'delete':
      return entityName(action.target);
    case 'delete-pods':
    case 'stop-node-of':
      return entityName(action.owner);
    case 'stop-node':
    case 'start-node':
      return entityName({ kind: 'Node', name: action.node });
    case 'set-load':
      return 'load';
  }
}
