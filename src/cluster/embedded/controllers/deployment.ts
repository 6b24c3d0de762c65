import { jsonEqual } from '../../../base/json.ts';
import { conditionOf, withCondition } from './conditions.ts';
import { type ControlContext, controllerManager } from './control-context.ts';
import {
  annotations,
  byAge,
  desiredReplicas,
  findNewReplicaSet,
  hashLabel,
  isRolling,
  newReplicaCount,
  revisionOf,
  scaleDownOld,
  surgeAndUnavailable,
  templateHash,
  totalReplicas,
} from './deployment-rollout.ts';
import {
  calculateStatus,
  deploymentCondition,
  isComplete,
  progressing,
  rolloutStatus,
} from './deployment-status.ts';
import { type Deployment, keyOf, type ReplicaSet, resource, splitKey } from './kinds.ts';
import { controllerReference, isPodFinished, ownerKey, podsOf } from './pods.ts';
import { WorkQueue } from './work-queue.ts';

const source = { component: 'deployment-controller' };

/** Rolls every Deployment's ReplicaSets towards its template. */
export function startDeploymentController(context: ControlContext): void {
  const { store } = context;
  const queue = new WorkQueue(context, 'deployment', reconcile);

  store.subscribe(resource.deployments, (event) => queue.add(keyOf(event.object)), { replay: true });
  store.subscribe(
    resource.replicaSets,
    ({ object }) => {
      const owner = ownerKey(object, 'Deployment');
      if (owner !== undefined) queue.add(owner);
    },
    { replay: true },
  );
  // a Recreate rollout goes on when the last old pod is gone, not when it has ended
  store.subscribe(resource.pods, ({ type, object }) => {
    if (type !== 'DELETED') return;
    const replicaSetKey = ownerKey(object, 'ReplicaSet');
    if (replicaSetKey === undefined) return;
    const replicaSet = store.get(resource.replicaSets, ...splitKey(replicaSetKey));
    const owner = replicaSet === undefined ? undefined : ownerKey(replicaSet, 'Deployment');
    if (owner === undefined) return;
    const deployment = store.get(resource.deployments, ...splitKey(owner)) as Deployment | undefined;
    if (deployment === undefined || isRolling(deployment)) return;
    if (owned(deployment).every((one) => podsOf(context, one).length === 0)) queue.add(owner);
  });

  function read(key: string): Deployment | undefined {
    return store.get(resource.deployments, ...splitKey(key)) as Deployment | undefined;
  }

  function owned(deployment: Deployment): ReplicaSet[] {
    return byAge(store.ownedBy(resource.replicaSets, deployment.metadata.uid ?? '') as readonly ReplicaSet[]);
  }

  function reconcile(key: string): void {
    const deployment = read(key);
    if (deployment === undefined) return;
    const all = owned(deployment);
    if (deployment.metadata.deletionTimestamp !== undefined)
      return writeStatus(deployment, all, findNewReplicaSet(deployment, all));
    if (checkPaused(deployment)) return queue.add(key);
    if (deployment.spec.paused === true || isScalingEvent(deployment, all))
      return synchronise(deployment, all);
    if (isRolling(deployment)) rollOut(key, deployment, all);
    else recreate(key, deployment, all);
  }

  /** Notes a pause or its end as a condition; answers whether it wrote. */
  function checkPaused(deployment: Deployment): boolean {
    const conditions = deployment.status?.conditions ?? [];
    const current = conditionOf(conditions, 'Progressing');
    if (current?.reason === progressing.timedOut) return false;
    const isNoted = current?.reason === progressing.paused;
    const isPaused = deployment.spec.paused === true;
    if (isPaused === isNoted) return false;
    const [reason, message] = isPaused
      ? [progressing.paused, 'Deployment is paused']
      : [progressing.resumed, 'Deployment is resumed'];
    const condition = deploymentCondition(context, deployment, 'Progressing', 'Unknown', reason, message);
    store.updateStatus(
      { ...deployment, status: { ...deployment.status, conditions: withCondition(conditions, condition) } },
      controllerManager,
    );
    return true;
  }

  function isScalingEvent(deployment: Deployment, all: readonly ReplicaSet[]): boolean {
    return all.some(
      (replicaSet) =>
        desiredReplicas(replicaSet) > 0 &&
        Number(
          replicaSet.metadata.annotations?.[annotations.desiredReplicas] ?? desiredReplicas(deployment),
        ) !== desiredReplicas(deployment),
    );
  }

  function rollOut(key: string, deployment: Deployment, existing: readonly ReplicaSet[]): void {
    const fresh = freshReplicaSet(deployment, existing);
    const current = read(key);
    if (current === undefined) return;
    let all = owned(current);
    const wanted = Math.min(desiredReplicas(current), newReplicaCount(current, all, desiredReplicas(fresh)));
    if (wanted !== desiredReplicas(fresh)) scale(current, fresh, wanted);
    else
      for (const [old, replicas] of scaleDownOld(
        current,
        all.filter((one) => one.metadata.uid !== fresh.metadata.uid && desiredReplicas(one) > 0),
        fresh,
      ))
        scale(current, old, replicas);
    all = owned(current);
    finish(key, current, all);
  }

  function recreate(key: string, deployment: Deployment, existing: readonly ReplicaSet[]): void {
    const known = findNewReplicaSet(deployment, existing);
    const old = existing.filter((replicaSet) => replicaSet !== known);
    let scaledDown = false;
    for (const replicaSet of old)
      if (desiredReplicas(replicaSet) > 0) {
        scale(deployment, replicaSet, 0);
        scaledDown = true;
      }
    const oldPodsRun = old.some((replicaSet) =>
      podsOf(context, replicaSet).some((pod) => !isPodFinished(pod)),
    );
    if (scaledDown || oldPodsRun) return finish(key, deployment, owned(deployment));
    const fresh = freshReplicaSet(deployment, existing);
    const current = read(key);
    if (current === undefined) return;
    if (desiredReplicas(fresh) !== desiredReplicas(current)) scale(current, fresh, desiredReplicas(current));
    finish(key, current, owned(current));
  }

  function finish(key: string, deployment: Deployment, all: readonly ReplicaSet[]): void {
    const fresh = findNewReplicaSet(deployment, all);
    if (isComplete(deployment, deployment.status ?? {})) cleanUp(deployment, all, fresh);
    const { status, changed, recheckMs } = rolloutStatus(context, deployment, all, fresh);
    if (changed) store.updateStatus({ ...deployment, status }, controllerManager);
    if (recheckMs !== undefined) queue.addAfter(key, recheckMs);
  }

  function writeStatus(
    deployment: Deployment,
    all: readonly ReplicaSet[],
    fresh: ReplicaSet | undefined,
  ): void {
    const status = calculateStatus(context, deployment, all, fresh);
    if (!jsonEqual(deployment.status ?? {}, status))
      store.updateStatus({ ...deployment, status }, controllerManager);
  }

  /** A change of size (or a pause): ReplicaSets are scaled in proportion, nothing is rolled. */
  function synchronise(deployment: Deployment, existing: readonly ReplicaSet[]): void {
    const fresh = findNewReplicaSet(deployment, existing);
    const active = existing.filter((replicaSet) => desiredReplicas(replicaSet) > 0);
    const wanted = desiredReplicas(deployment);
    const only =
      active.length === 1 ? active[0] : active.length === 0 ? (fresh ?? existing.at(-1)) : undefined;
    if (only !== undefined) scale(deployment, only, wanted);
    else if (
      fresh !== undefined &&
      desiredReplicas(fresh) === wanted &&
      (fresh.status?.availableReplicas ?? 0) === wanted
    )
      for (const replicaSet of active)
        if (replicaSet !== fresh) scale(deployment, replicaSet, 0);
        else scale(deployment, replicaSet, wanted);
    else if (isRolling(deployment)) scaleInProportion(deployment, active);
    const all = owned(deployment);
    writeStatus(deployment, all, findNewReplicaSet(deployment, all));
  }

  function scaleInProportion(deployment: Deployment, active: readonly ReplicaSet[]): void {
    const wanted = desiredReplicas(deployment);
    const allowed = wanted > 0 ? wanted + surgeAndUnavailable(deployment).maxSurge : 0;
    const toAdd = allowed - totalReplicas(active);
    const largestFirst = [...active].sort((a, b) =>
      toAdd > 0
        ? desiredReplicas(b) - desiredReplicas(a) || active.indexOf(b) - active.indexOf(a)
        : desiredReplicas(b) - desiredReplicas(a) || active.indexOf(a) - active.indexOf(b),
    );
    let added = 0;
    const sizes = largestFirst.map((replicaSet) => {
      const size = desiredReplicas(replicaSet);
      if (toAdd === 0) return size;
      const before =
        Number(replicaSet.metadata.annotations?.[annotations.maxReplicas] ?? totalReplicas(active)) || 1;
      const share = Math.round((size * allowed) / before) - size;
      const left = toAdd - added;
      const step = toAdd > 0 ? Math.min(share, left) : Math.max(share, left);
      added += step;
      return size + step;
    });
    largestFirst.forEach((replicaSet, i) => {
      // rounding may leave a rest: the largest takes it
      const size = (sizes[i] ?? 0) + (i === 0 ? toAdd - added : 0);
      scale(deployment, replicaSet, Math.max(0, size));
    });
  }

  /** Finds or makes the ReplicaSet of the present template, and gives it and the Deployment the newest revision. */
  function freshReplicaSet(deployment: Deployment, all: readonly ReplicaSet[]): ReplicaSet {
    const found = findNewReplicaSet(deployment, all);
    const newest = Math.max(0, ...all.filter((replicaSet) => replicaSet !== found).map(revisionOf));
    const revision = String(newest + 1);
    const replicaSet =
      found === undefined
        ? createReplicaSet(deployment, all, revision)
        : adoptRevision(deployment, found, revision);
    const current = read(keyOf(deployment)) ?? deployment;
    const revised = replicaSet.metadata.annotations?.[annotations.revision] ?? revision;
    if (current.metadata.annotations?.[annotations.revision] !== revised)
      store.update(
        {
          ...current,
          metadata: {
            ...current.metadata,
            annotations: { ...current.metadata.annotations, [annotations.revision]: revised },
          },
        },
        controllerManager,
      );
    const again = read(keyOf(deployment)) ?? deployment;
    const conditions = again.status?.conditions ?? [];
    const known = conditionOf(conditions, 'Progressing');
    if (found === undefined || known === undefined) {
      const [reason, text] =
        found === undefined
          ? [progressing.created, 'Created new replica set']
          : [progressing.found, 'Found new replica set'];
      const condition = deploymentCondition(
        context,
        again,
        'Progressing',
        'True',
        reason,
        `${text} "${replicaSet.metadata.name}"`,
      );
      store.updateStatus(
        { ...again, status: { ...again.status, conditions: withCondition(conditions, condition) } },
        controllerManager,
      );
    }
    return replicaSet;
  }

  function createReplicaSet(
    deployment: Deployment,
    all: readonly ReplicaSet[],
    revision: string,
  ): ReplicaSet {
    const hash = templateHash(deployment.spec.template, deployment.status?.collisionCount);
    const { template, selector, minReadySeconds } = deployment.spec;
    const labels = { ...template.metadata?.labels, [hashLabel]: hash };
    const replicas = Math.min(desiredReplicas(deployment), newReplicaCount(deployment, all, 0));
    const draft: ReplicaSet = {
      apiVersion: 'apps/v1',
      kind: 'ReplicaSet',
      metadata: {
        name: `${deployment.metadata.name}-${hash}`,
        ...(deployment.metadata.namespace === undefined ? {} : { namespace: deployment.metadata.namespace }),
        labels,
        annotations: {
          ...inherited(deployment),
          ...sizeAnnotations(deployment),
          [annotations.revision]: revision,
        },
        ownerReferences: [controllerReference(deployment)],
      },
      spec: {
        replicas,
        ...(minReadySeconds ? { minReadySeconds } : {}),
        selector: { ...selector, matchLabels: { ...selector.matchLabels, [hashLabel]: hash } },
        template: { ...template, metadata: { ...template.metadata, labels } },
      },
    };
    const age = context.ageMs(draft);
    const replicaSet = store.create(
      draft,
      age === 0 ? controllerManager : { ...controllerManager, createdMs: context.simulation.nowMs - age },
    ) as ReplicaSet;
    if (replicas > 0) scaledEvent(deployment, replicaSet, 0, replicas);
    return replicaSet;
  }

  /** A ReplicaSet of an earlier revision is in use again (a rollback): it becomes the newest. */
  function adoptRevision(deployment: Deployment, replicaSet: ReplicaSet, revision: string): ReplicaSet {
    const before = replicaSet.metadata.annotations ?? {};
    const isNewer = Number(revision) > revisionOf(replicaSet);
    const history = [before[annotations.revisionHistory], before[annotations.revision]].filter(
      (part) => part !== undefined && part !== '',
    );
    const after = {
      ...before,
      ...inherited(deployment),
      ...sizeAnnotations(deployment),
      ...(isNewer
        ? {
            [annotations.revision]: revision,
            ...(revisionOf(replicaSet) > 0 ? { [annotations.revisionHistory]: history.join(',') } : {}),
          }
        : {}),
    };
    const minReadySeconds = deployment.spec.minReadySeconds ?? 0;
    if (jsonEqual(before, after) && (replicaSet.spec.minReadySeconds ?? 0) === minReadySeconds)
      return replicaSet;
    return store.update(
      {
        ...replicaSet,
        metadata: { ...replicaSet.metadata, annotations: after },
        spec: { ...replicaSet.spec, ...(minReadySeconds > 0 ? { minReadySeconds } : {}) },
      },
      controllerManager,
    ) as ReplicaSet;
  }

  function scale(deployment: Deployment, read: ReplicaSet, replicas: number): void {
    const replicaSet = (store.get(resource.replicaSets, read.metadata.namespace, read.metadata.name) ??
      read) as ReplicaSet;
    const before = desiredReplicas(replicaSet);
    const after = { ...replicaSet.metadata.annotations, ...sizeAnnotations(deployment) };
    if (before === replicas && jsonEqual(after, replicaSet.metadata.annotations)) return;
    const metadata = { ...replicaSet.metadata, annotations: after };
    store.update({ ...replicaSet, metadata, spec: { ...replicaSet.spec, replicas } }, controllerManager);
    if (before !== replicas) scaledEvent(deployment, replicaSet, before, replicas);
  }

  function scaledEvent(deployment: Deployment, replicaSet: ReplicaSet, from: number, to: number): void {
    const direction = to > from ? 'up' : 'down';
    const message = `Scaled ${direction} replica set ${replicaSet.metadata.name} from ${from} to ${to}`;
    context.events.record(deployment, 'Normal', 'ScalingReplicaSet', message, source);
  }

  /** Forgets the oldest ReplicaSets beyond the history limit. */
  function cleanUp(deployment: Deployment, all: readonly ReplicaSet[], fresh: ReplicaSet | undefined): void {
    const limit = deployment.spec.revisionHistoryLimit ?? 10;
    const idle = all.filter(
      (one) =>
        one !== fresh &&
        desiredReplicas(one) === 0 &&
        (one.status?.replicas ?? 0) === 0 &&
        one.metadata.deletionTimestamp === undefined,
    );
    idle.sort((a, b) => revisionOf(a) - revisionOf(b));
    for (const { metadata } of idle.slice(0, Math.max(0, idle.length - limit))) {
      const { name, namespace } = metadata;
      store.remove(
        {
          apiVersion: 'apps/v1',
          kind: 'ReplicaSet',
          name,
          ...(namespace === undefined ? {} : { namespace }),
        },
        controllerManager,
      );
    }
  }
}

function sizeAnnotations(deployment: Deployment): Record<string, string> {
  const wanted = desiredReplicas(deployment);
  return {
    [annotations.desiredReplicas]: String(wanted),
    [annotations.maxReplicas]: String(wanted + surgeAndUnavailable(deployment).maxSurge),
  };
}

const notInherited = new Set<string>([
  'kubectl.kubernetes.io/last-applied-configuration',
  ...Object.values(annotations),
  'deprecated.deployment.rollback.to',
]);

/** Annotations that a ReplicaSet takes over from its Deployment. */
function inherited(deployment: Deployment): Record<string, string> {
  return Object.fromEntries(
    Object.entries(deployment.metadata.annotations ?? {}).filter(([name]) => !notInherited.has(name)),
  );
}
