import { CulpritError } from '../../../base/errors.ts';
import { jsonEqual } from '../../../base/json.ts';
import { type ControlContext, controllerManager } from './control-context.ts';
import { templateHash } from './deployment-rollout.ts';
import { type KubeObject, keyOf, type Pod, resource, type StatefulSet, splitKey } from './kinds.ts';
import {
  controllerReference,
  createPod,
  deletePod,
  isPodFinished,
  isPodReady,
  ownerKey,
  podsOf,
  untilAvailableMs,
} from './pods.ts';
import { WorkQueue } from './work-queue.ts';

const source = { component: 'statefulset-controller' };
const revisionLabel = 'controller-revision-hash';

/** Ordered pods with names of their own. */
export function startStatefulSetController(context: ControlContext): void {
  const { store } = context;
  const queue = new WorkQueue(context, 'statefulset', reconcile);
  store.subscribe(resource.statefulSets, (event) => queue.add(keyOf(event.object)), { replay: true });
  store.subscribe(
    resource.pods,
    ({ object }) => {
      const owner = ownerKey(object, 'StatefulSet');
      if (owner !== undefined) queue.add(owner);
    },
    { replay: true },
  );

  function reconcile(key: string): void {
    const set = store.get(resource.statefulSets, ...splitKey(key)) as StatefulSet | undefined;
    if (set === undefined || set.metadata.deletionTimestamp !== undefined) return;
    const update = ensureRevision(set);
    const current = set.status?.currentRevision ?? update;
    const failure = step(set, current, update);
    writeStatus(key, update);
    if (failure === undefined) queue.forget(key);
    else queue.retry(key);
  }

  /** The ControllerRevision of the present template. */
  function ensureRevision(set: StatefulSet): string {
    const data = { spec: { template: { ...set.spec.template, $patch: 'replace' } } };
    const hash = templateHash(set.spec.template);
    const name = `${set.metadata.name}-${hash}`;
    const { namespace = '' } = set.metadata;
    if (store.get(resource.controllerRevisions, namespace, name) === undefined) {
      const known = store.ownedBy(resource.controllerRevisions, set.metadata.uid ?? '');
      const revision = 1 + Math.max(0, ...known.map((one) => Number(one['revision'] ?? 0)));
      const age = context.ageMs(set);
      store.create(
        {
          apiVersion: 'apps/v1',
          kind: 'ControllerRevision',
          metadata: {
            name,
            namespace,
            labels: { ...set.spec.selector.matchLabels, 'controller.kubernetes.io/hash': hash },
            // a revision keeps the annotations that the set had
            ...(set.metadata.annotations === undefined ? {} : { annotations: set.metadata.annotations }),
            ownerReferences: [controllerReference(set)],
          },
          data,
          revision,
        },
        age === 0 ? controllerManager : { ...controllerManager, createdMs: context.simulation.nowMs - age },
      );
    }
    return name;
  }

  /** One step towards the wanted pods: in order, the next only when those before are ready. */
  function step(set: StatefulSet, current: string, update: string): CulpritError | undefined {
    const wanted = set.spec.replicas ?? 1;
    const isParallel = set.spec.podManagementPolicy === 'Parallel';
    const byOrdinal = new Map<number, Pod>();
    for (const pod of podsOf(context, set)) byOrdinal.set(ordinalOf(pod), pod);
    const partition = set.spec.updateStrategy?.rollingUpdate?.partition ?? 0;
    for (let ordinal = 0; ordinal < wanted; ordinal++) {
      const pod = byOrdinal.get(ordinal);
      if (pod === undefined) {
        const failure = create(set, ordinal, ordinal < partition ? current : update);
        if (failure !== undefined) return failure;
        if (!isParallel) return undefined;
        continue;
      }
      if (isPodFinished(pod) && pod.metadata.deletionTimestamp === undefined) {
        remove(set, pod);
        return undefined;
      }
      if (!isParallel && (pod.metadata.deletionTimestamp !== undefined || !isPodReady(pod))) {
        // a pod that never gets ready must not block its own repair
        if (pod.metadata.deletionTimestamp !== undefined || !isOutdated(pod, update, ordinal, partition))
          return undefined;
      }
    }
    const extra = [...byOrdinal.entries()].filter(([ordinal]) => ordinal >= wanted).sort(([a], [b]) => b - a);
    for (const [, pod] of extra) {
      if (pod.metadata.deletionTimestamp === undefined) remove(set, pod);
      if (!isParallel) return undefined;
    }
    if (set.spec.updateStrategy?.type === 'OnDelete') return undefined;
    for (let ordinal = wanted - 1; ordinal >= partition; ordinal--) {
      const pod = byOrdinal.get(ordinal);
      if (pod === undefined || pod.metadata.deletionTimestamp !== undefined) return undefined;
      if (isOutdated(pod, update, ordinal, partition)) {
        remove(set, pod);
        return undefined;
      }
      if (!isPodReady(pod)) return undefined;
    }
    return undefined;
  }

  function isOutdated(pod: Pod, update: string, ordinal: number, partition: number): boolean {
    return ordinal >= partition && pod.metadata.labels?.[revisionLabel] !== update;
  }

  function create(set: StatefulSet, ordinal: number, revision: string): CulpritError | undefined {
    const name = `${set.metadata.name}-${ordinal}`;
    try {
      const claims = createClaims(set, name);
      const { volumes = [] } = set.spec.template.spec;
      createPod(
        context,
        set,
        set.spec.template,
        { name, generateName: `${set.metadata.name}-` },
        {
          labels: {
            [revisionLabel]: revision,
            'statefulset.kubernetes.io/pod-name': name,
            'apps.kubernetes.io/pod-index': String(ordinal),
          },
          spec: {
            hostname: name,
            ...(set.spec.serviceName === undefined ? {} : { subdomain: set.spec.serviceName }),
            ...(claims.length === 0 ? {} : { volumes: [...claims, ...volumes] }),
          },
        },
      );
    } catch (error) {
      if (!CulpritError.isInstance(error)) throw error;
      context.events.record(
        set,
        'Warning',
        'FailedCreate',
        `create Pod ${name} in StatefulSet ${set.metadata.name} failed error: ${error.message}`,
        source,
      );
      return error;
    }
    context.events.record(
      set,
      'Normal',
      'SuccessfulCreate',
      `create Pod ${name} in StatefulSet ${set.metadata.name} successful`,
      source,
    );
    return undefined;
  }

  function createClaims(set: StatefulSet, pod: string) {
    const { namespace = '' } = set.metadata;
    return (set.spec.volumeClaimTemplates ?? []).map((template) => {
      const claimName = `${template.metadata.name}-${pod}`;
      if (store.get(resource.persistentVolumeClaims, namespace, claimName) === undefined) {
        const claim: KubeObject = {
          ...template,
          apiVersion: 'v1',
          kind: 'PersistentVolumeClaim',
          metadata: { name: claimName, namespace, labels: { ...set.spec.selector.matchLabels } },
        };
        const age = context.ageMs(set);
        store.create(
          claim,
          age === 0 ? controllerManager : { ...controllerManager, createdMs: context.simulation.nowMs - age },
        );
      }
      return { name: template.metadata.name, persistentVolumeClaim: { claimName } };
    });
  }

  function remove(set: StatefulSet, pod: Pod): void {
    deletePod(context, pod);
    const message = `delete Pod ${pod.metadata.name} in StatefulSet ${set.metadata.name} successful`;
    context.events.record(set, 'Normal', 'SuccessfulDelete', message, source);
  }

  function writeStatus(key: string, update: string): void {
    const set = store.get(resource.statefulSets, ...splitKey(key)) as StatefulSet | undefined;
    if (set === undefined) return;
    const wanted = set.spec.replicas ?? 1;
    const pods = podsOf(context, set).filter(
      (pod) => ordinalOf(pod) < wanted || pod.metadata.deletionTimestamp === undefined,
    );
    const count = (test: (pod: Pod) => boolean) => pods.filter(test).length;
    const before = set.status?.currentRevision ?? update;
    const isCreated = (pod: Pod) => !isPodFinished(pod);
    const updated = count(
      (pod) =>
        isCreated(pod) &&
        pod.metadata.labels?.[revisionLabel] === update &&
        pod.metadata.deletionTimestamp === undefined,
    );
    const ready = count((pod) => isPodReady(pod) && pod.metadata.deletionTimestamp === undefined);
    const available = count(
      (pod) =>
        pod.metadata.deletionTimestamp === undefined &&
        untilAvailableMs(context, pod, set.spec.minReadySeconds ?? 0) === 0,
    );
    const isRolledOut = updated === wanted && ready === wanted;
    const currentRevision = isRolledOut ? update : before;
    const current = count(
      (pod) =>
        isCreated(pod) &&
        pod.metadata.labels?.[revisionLabel] === currentRevision &&
        pod.metadata.deletionTimestamp === undefined,
    );
    const status = {
      observedGeneration: set.metadata.generation ?? 1,
      replicas: count(isCreated),
      ...(ready > 0 ? { readyReplicas: ready } : {}),
      ...(current > 0 ? { currentReplicas: current } : {}),
      ...(updated > 0 ? { updatedReplicas: updated } : {}),
      currentRevision,
      updateRevision: update,
      collisionCount: 0,
      availableReplicas: available,
    };
    if (!jsonEqual(set.status ?? {}, status)) store.updateStatus({ ...set, status }, controllerManager);
  }
}

function ordinalOf(pod: Pod): number {
  return Number(pod.metadata.name.slice(pod.metadata.name.lastIndexOf('-') + 1));
}
