import { jsonEqual } from '../../../base/json.ts';
import { conditionOf, withCondition, withoutCondition } from './conditions.ts';
import { type ControlContext, sinceMs, stamp } from './control-context.ts';
import { desiredReplicas, surgeAndUnavailable, totalAvailable } from './deployment-rollout.ts';
import type { Condition, Deployment, DeploymentStatus, ReplicaSet } from './kinds.ts';

export const progressing = {
  created: 'NewReplicaSetCreated',
  found: 'FoundNewReplicaSet',
  updated: 'ReplicaSetUpdated',
  available: 'NewReplicaSetAvailable',
  timedOut: 'ProgressDeadlineExceeded',
  paused: 'DeploymentPaused',
  resumed: 'DeploymentResumed',
} as const;

/** Writes a condition of the Deployment with both of its times. */
export function deploymentCondition(
  context: ControlContext,
  deployment: Deployment,
  type: string,
  status: 'True' | 'False' | 'Unknown',
  reason: string,
  message: string,
): Condition {
  const now = stamp(context, deployment);
  return { type, status, lastUpdateTime: now, lastTransitionTime: now, reason, message };
}

/** Numbers and the Available condition, from the ReplicaSets. */
export function calculateStatus(
  context: ControlContext,
  deployment: Deployment,
  all: readonly ReplicaSet[],
  fresh: ReplicaSet | undefined,
): DeploymentStatus {
  const sum = (read: (replicaSet: ReplicaSet) => number | undefined) =>
    all.reduce((total, replicaSet) => total + (read(replicaSet) ?? 0), 0);
  const available = totalAvailable(all);
  const wanted = desiredReplicas(deployment);
  const minimum = available >= wanted - surgeAndUnavailable(deployment).maxUnavailable;
  const condition = minimum
    ? deploymentCondition(
        context,
        deployment,
        'Available',
        'True',
        'MinimumReplicasAvailable',
        'Deployment has minimum availability.',
      )
    : deploymentCondition(
        context,
        deployment,
        'Available',
        'False',
        'MinimumReplicasUnavailable',
        'Deployment does not have minimum availability.',
      );
  return tidy({
    observedGeneration: deployment.metadata.generation,
    replicas: sum((replicaSet) => replicaSet.status?.replicas),
    updatedReplicas: fresh?.status?.replicas,
    readyReplicas: sum((replicaSet) => replicaSet.status?.readyReplicas),
    availableReplicas: available,
    unavailableReplicas: Math.max(0, Math.max(wanted, sum(desiredReplicas)) - available),
    collisionCount: deployment.status?.collisionCount,
    conditions: withCondition(deployment.status?.conditions ?? [], condition),
  });
}

/** Without what Kubernetes omits: zeros. */
function tidy(status: { [K in keyof DeploymentStatus]: DeploymentStatus[K] | undefined }): DeploymentStatus {
  return Object.fromEntries(Object.entries(status).filter(([, value]) => value !== undefined && value !== 0));
}

/** Every wanted replica is of the new template and available, and nothing else is left. */
export function isComplete(deployment: Deployment, status: DeploymentStatus): boolean {
  const wanted = desiredReplicas(deployment);
  return (
    (status.updatedReplicas ?? 0) === wanted &&
    (status.replicas ?? 0) === wanted &&
    (status.availableReplicas ?? 0) === wanted &&
    (status.observedGeneration ?? 0) >= (deployment.metadata.generation ?? 0)
  );
}

function hasProgressed(before: DeploymentStatus, now: DeploymentStatus): boolean {
  const old = (status: DeploymentStatus) => (status.replicas ?? 0) - (status.updatedReplicas ?? 0);
  return (
    (now.updatedReplicas ?? 0) > (before.updatedReplicas ?? 0) ||
    old(now) < old(before) ||
    (now.readyReplicas ?? 0) > (before.readyReplicas ?? 0) ||
    (now.availableReplicas ?? 0) > (before.availableReplicas ?? 0)
  );
}

const noDeadline = 2 ** 31 - 1;

/** The deadline in ms without progress; undefined where none is set. */
function deadlineMs(deployment: Deployment): number | undefined {
  const seconds = deployment.spec.progressDeadlineSeconds ?? 600;
  return seconds === noDeadline ? undefined : seconds * 1000;
}

/**
 * The status after a step of a rollout, with the Progressing and ReplicaFailure conditions. `recheckMs`: when to look
 * again because the deadline may have passed by then.
 */
export function rolloutStatus(
  context: ControlContext,
  deployment: Deployment,
  all: readonly ReplicaSet[],
  fresh: ReplicaSet | undefined,
): { status: DeploymentStatus; changed: boolean; recheckMs?: number } {
  const before = deployment.status ?? {};
  let status = calculateStatus(context, deployment, all, fresh);
  let conditions = status.conditions ?? [];
  const current = conditionOf(before.conditions, 'Progressing');
  const deadline = deadlineMs(deployment);
  const subject =
    fresh === undefined ? `Deployment "${deployment.metadata.name}"` : `ReplicaSet "${fresh.metadata.name}"`;
  const settled =
    (status.replicas ?? 0) === (status.updatedReplicas ?? 0) && current?.reason === progressing.available;
  if (deadline === undefined) conditions = withoutCondition(conditions, 'Progressing');
  else if (!settled) {
    const make = (value: 'True' | 'False', reason: string, text: string) =>
      deploymentCondition(context, deployment, 'Progressing', value, reason, `${subject} ${text}`);
    if (isComplete(deployment, status)) {
      conditions = withCondition(
        conditions,
        make('True', progressing.available, 'has successfully progressed.'),
      );
    } else if (hasProgressed(before, status)) {
      const next = make('True', progressing.updated, 'is progressing.');
      if (current?.status === 'True' && current.lastTransitionTime !== undefined)
        next.lastTransitionTime = current.lastTransitionTime;
      conditions = [...withoutCondition(conditions, 'Progressing'), next];
    } else if (hasTimedOut(context, deployment, current, deadline)) {
      conditions = withCondition(
        conditions,
        make('False', progressing.timedOut, 'has timed out progressing.'),
      );
    }
  }
  const failure = replicaFailure(all, fresh);
  conditions =
    failure === undefined
      ? withoutCondition(conditions, 'ReplicaFailure')
      : withCondition(conditions, { ...failure, lastUpdateTime: failure.lastTransitionTime ?? null });
  status = { ...status, conditions };
  const changed = !jsonEqual(before, status);
  const progress = conditionOf(conditions, 'Progressing');
  const waits =
    deadline !== undefined && progress?.status === 'True' && progress.reason !== progressing.available;
  if (!waits) return { status, changed };
  const leftMs = deadline - sinceMs(context, deployment, progress.lastUpdateTime ?? '');
  return { status, changed, recheckMs: Math.max(0, leftMs) + 1000 };
}

function hasTimedOut(
  context: ControlContext,
  deployment: Deployment,
  current: Condition | undefined,
  deadline: number,
): boolean {
  if (current === undefined || current.reason === progressing.available) return false;
  if (current.reason === progressing.timedOut) return true;
  return sinceMs(context, deployment, current.lastUpdateTime ?? '') > deadline;
}

/** The failure of the new ReplicaSet, else of any. */
function replicaFailure(all: readonly ReplicaSet[], fresh: ReplicaSet | undefined): Condition | undefined {
  for (const replicaSet of fresh === undefined ? all : [fresh, ...all]) {
    const failure = conditionOf(replicaSet.status?.conditions, 'ReplicaFailure');
    if (failure?.status === 'True') return failure;
  }
  return undefined;
}
