import { CulpritError } from '../../../base/errors.ts';
import { jsonEqual } from '../../../base/json.ts';
import { matchesNodeSelection, untoleratedTaint } from '../scheduler/node-match.ts';
import { type ControlContext, controllerManager } from './control-context.ts';
import { templateHash } from './deployment-rollout.ts';
import {
  type DaemonSet,
  keyOf,
  type Node,
  type Pod,
  type PodSpec,
  resource,
  splitKey,
  type Toleration,
} from './kinds.ts';
import {
  createPod,
  deletePod,
  isPodFinished,
  isPodReady,
  nameSuffix,
  ownerKey,
  podsOf,
  untilAvailableMs,
} from './pods.ts';
import { WorkQueue } from './work-queue.ts';

const source = { component: 'daemonset-controller' };
const revisionLabel = 'controller-revision-hash';

/** What pods of a DaemonSet tolerate of their own accord. */
const nodeTolerations: readonly Toleration[] = [
  { key: 'node.kubernetes.io/not-ready', operator: 'Exists', effect: 'NoExecute' },
  { key: 'node.kubernetes.io/unreachable', operator: 'Exists', effect: 'NoExecute' },
  { key: 'node.kubernetes.io/disk-pressure', operator: 'Exists', effect: 'NoSchedule' },
  { key: 'node.kubernetes.io/memory-pressure', operator: 'Exists', effect: 'NoSchedule' },
  { key: 'node.kubernetes.io/pid-pressure', operator: 'Exists', effect: 'NoSchedule' },
  { key: 'node.kubernetes.io/unschedulable', operator: 'Exists', effect: 'NoSchedule' },
];

/** One pod on every node that fits. */
export function startDaemonSetController(context: ControlContext): void {
  const { store } = context;
  const queue = new WorkQueue(context, 'daemonset', reconcile);
  const ordinals = new Map<string, number>();
  store.subscribe(resource.daemonSets, (event) => queue.add(keyOf(event.object)), { replay: true });
  store.subscribe(
    resource.pods,
    ({ object }) => {
      const owner = ownerKey(object, 'DaemonSet');
      if (owner !== undefined) queue.add(owner);
    },
    { replay: true },
  );
  store.subscribe(resource.nodes, ({ type, object, previous }) => {
    const before = previous as Node | undefined;
    const node = object as Node;
    const isSame =
      type === 'MODIFIED' &&
      jsonEqual(before?.spec.taints, node.spec.taints) &&
      jsonEqual(before?.metadata.labels, node.metadata.labels);
    if (!isSame) for (const set of store.list(resource.daemonSets)) queue.add(keyOf(set));
  });

  function reconcile(key: string): void {
    const set = store.get(resource.daemonSets, ...splitKey(key)) as DaemonSet | undefined;
    if (set === undefined || set.metadata.deletionTimestamp !== undefined) return;
    const hash = templateHash(set.spec.template);
    const failure = manage(set, hash);
    writeStatus(set, hash);
    if (failure === undefined) queue.forget(key);
    else queue.retry(key);
  }

  function wantedNodes(set: DaemonSet): string[] {
    const draft = {
      ...set.spec.template,
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: '' },
      spec: withTolerations(set.spec.template.spec),
    } as Pod;
    return (store.list(resource.nodes) as readonly Node[])
      .filter(
        (node) =>
          matchesNodeSelection(draft, node) &&
          untoleratedTaint(draft, node, ['NoSchedule', 'NoExecute']) === undefined,
      )
      .map((node) => node.metadata.name);
  }

  function manage(set: DaemonSet, hash: string): CulpritError | undefined {
    const pods = podsOf(context, set);
    const wanted = new Set(wantedNodes(set));
    const covered = new Set<string>();
    for (const pod of pods) {
      const node = nodeOf(pod);
      if (pod.metadata.deletionTimestamp !== undefined) covered.add(node);
      else if (isPodFinished(pod) || !wanted.has(node) || covered.has(node)) remove(set, pod);
      else covered.add(node);
    }
    for (const node of wanted) {
      if (covered.has(node)) continue;
      const failure = create(set, node, hash);
      if (failure !== undefined) return failure;
    }
    if (set.spec.updateStrategy?.type !== 'OnDelete') rollOut(set, hash, wanted.size);
    return undefined;
  }

  /** Replaces pods of an old template, one (maxUnavailable) at a time. */
  function rollOut(set: DaemonSet, hash: string, wanted: number): void {
    const pods = podsOf(context, set);
    const limit = set.spec.updateStrategy?.rollingUpdate?.maxUnavailable ?? 1;
    const allowed = Math.max(
      1,
      typeof limit === 'number' ? limit : Math.ceil((Number.parseFloat(limit) * wanted) / 100),
    );
    let unavailable =
      wanted - pods.filter((pod) => pod.metadata.deletionTimestamp === undefined && isPodReady(pod)).length;
    for (const pod of pods) {
      if (pod.metadata.deletionTimestamp !== undefined || pod.metadata.labels?.[revisionLabel] === hash)
        continue;
      if (isPodReady(pod)) {
        if (unavailable >= allowed) continue;
        unavailable++;
      }
      remove(set, pod);
    }
  }

  function create(set: DaemonSet, node: string, hash: string): CulpritError | undefined {
    const key = `${set.metadata.uid}/${node}`;
    const ordinal = ordinals.get(key) ?? 0;
    ordinals.set(key, ordinal + 1);
    const generateName = `${set.metadata.name}-`;
    const name = generateName + nameSuffix(context, 'pod', keyOf(set), node, ordinal);
    const spec = withTolerations(set.spec.template.spec);
    const terms = [{ matchFields: [{ key: 'metadata.name', operator: 'In', values: [node] }] }];
    try {
      createPod(
        context,
        set,
        set.spec.template,
        { name, generateName },
        {
          labels: { [revisionLabel]: hash, 'pod-template-generation': String(set.metadata.generation ?? 1) },
          spec: {
            tolerations: spec.tolerations ?? [],
            affinity: {
              ...spec.affinity,
              nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: terms } },
            },
          },
        },
      );
    } catch (error) {
      if (!CulpritError.isInstance(error)) throw error;
      context.events.record(set, 'Warning', 'FailedCreate', `Error creating: ${error.message}`, source);
      return error;
    }
    context.events.record(set, 'Normal', 'SuccessfulCreate', `Created pod: ${name}`, source);
    return undefined;
  }

  function remove(set: DaemonSet, pod: Pod): void {
    deletePod(context, pod);
    context.events.record(set, 'Normal', 'SuccessfulDelete', `Deleted pod: ${pod.metadata.name}`, source);
  }

  function writeStatus(set: DaemonSet, hash: string): void {
    const pods = podsOf(context, set).filter((pod) => pod.metadata.deletionTimestamp === undefined);
    const wanted = wantedNodes(set);
    const scheduled = pods.filter((pod) => wanted.includes(nodeOf(pod)));
    const ready = scheduled.filter(isPodReady).length;
    const available = scheduled.filter(
      (pod) => untilAvailableMs(context, pod, set.spec.minReadySeconds ?? 0) === 0,
    ).length;
    const updated = scheduled.filter((pod) => pod.metadata.labels?.[revisionLabel] === hash).length;
    const unavailable = wanted.length - available;
    const status = {
      currentNumberScheduled: scheduled.length,
      numberMisscheduled: pods.length - scheduled.length,
      desiredNumberScheduled: wanted.length,
      numberReady: ready,
      observedGeneration: set.metadata.generation ?? 1,
      ...(updated > 0 ? { updatedNumberScheduled: updated } : {}),
      ...(available > 0 ? { numberAvailable: available } : {}),
      ...(unavailable > 0 ? { numberUnavailable: unavailable } : {}),
    };
    if (!jsonEqual(set.status ?? {}, status)) store.updateStatus({ ...set, status }, controllerManager);
  }
}

function withTolerations(spec: PodSpec): PodSpec {
  const network: Toleration = {
    key: 'node.kubernetes.io/network-unavailable',
    operator: 'Exists',
    effect: 'NoSchedule',
  };
  const added = spec.hostNetwork === true ? [...nodeTolerations, network] : nodeTolerations;
  return { ...spec, tolerations: [...(spec.tolerations ?? []), ...added] };
}

/** The node a pod of a DaemonSet is on, or is meant for. */
function nodeOf(pod: Pod): string {
  const terms =
    pod.spec.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms;
  return pod.spec.nodeName ?? terms?.[0]?.matchFields?.[0]?.values?.[0] ?? '';
}
