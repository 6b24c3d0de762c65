import { conditionOf } from '../controllers/conditions.ts';
import { type ControlContext, stamp } from '../controllers/control-context.ts';
import type { Condition, ContainerStatus, Pod, PodStatus } from '../controllers/kinds.ts';
import { type ContainerRecord, isDone } from './container-record.ts';
import { fullReference } from './image-store.ts';

export interface PodFacts {
  readonly pod: Pod;
  readonly records: readonly ContainerRecord[];
  readonly hostIp: string;
  readonly podIp: string | undefined;
  readonly startTime: string;
  readonly isTerminating: boolean;
}

/** The pod's status as its kubelet reports it. */
export function podStatus(context: ControlContext, facts: PodFacts): PodStatus {
  const { pod, records, hostIp, podIp } = facts;
  const before = pod.status ?? {};
  const phase = phaseOf(facts);
  const init = records.filter((record) => record.role !== 'main');
  const main = records.filter((record) => record.role === 'main');
  const status: PodStatus = {
    ...before,
    phase,
    conditions: conditions(context, facts, phase),
    hostIP: hostIp,
    hostIPs: [{ ip: hostIp }],
    startTime: facts.startTime,
    ...(podIp === undefined ? {} : { podIP: podIp, podIPs: [{ ip: podIp }] }),
    ...(init.length === 0 ? {} : { initContainerStatuses: init.map(containerStatus) }),
    containerStatuses: main.map(containerStatus).sort((a, b) => (a.name < b.name ? -1 : 1)),
  };
  return status;
}

function containerStatus(record: ContainerRecord): ContainerStatus {
  const isDefined = record.containerId !== undefined;
  return {
    name: record.spec.name,
    state: record.state,
    lastState: record.lastState,
    ready: record.ready || (record.role === 'init' && isDone(record)),
    restartCount: record.restartCount,
    image: record.image?.name ?? (isDefined ? fullReference(record.spec.image) : record.spec.image),
    imageID: record.image?.id ?? '',
    ...(record.containerId === undefined ? {} : { containerID: record.containerId }),
    started: record.started,
  };
}

function phaseOf({ pod, records, isTerminating }: PodFacts): NonNullable<PodStatus['phase']> {
  const init = records.filter((record) => record.role === 'init');
  const main = records.filter((record) => record.role === 'main');
  const policy = pod.spec.restartPolicy ?? 'Always';
  const failedInit = init.some(
    (record) =>
      record.process === undefined && (record.state.terminated?.exitCode ?? 0) !== 0 && policy === 'Never',
  );
  if (failedInit) return 'Failed';
  const hasEnded = (record: ContainerRecord) => record.state.terminated !== undefined;
  if (main.every(hasEnded) && (policy !== 'Always' || isTerminating)) {
    const isGood = main.every(isDone);
    if (isGood) return 'Succeeded';
    if (policy !== 'OnFailure' || isTerminating) return 'Failed';
  }
  if (init.some((record) => !isDone(record))) return 'Pending';
  if (main.some((record) => record.state.waiting !== undefined && record.lastState.terminated === undefined))
    return 'Pending';
  return 'Running';
}

function conditions(context: ControlContext, facts: PodFacts, phase: string): Condition[] {
  const { pod, records, podIp } = facts;
  const init = records.filter((record) => record.role !== 'main');
  const main = records.filter((record) => record.role === 'main');
  const unfinished = init.filter((record) => (record.role === 'init' ? !isDone(record) : !record.started));
  const unready = main.filter((record) => !record.ready).map((record) => record.spec.name);
  const allReady = unready.length === 0 && unfinished.length === 0 && phase === 'Running';
  const notReady = {
    reason: phase === 'Succeeded' ? 'PodCompleted' : phase === 'Failed' ? 'PodFailed' : 'ContainersNotReady',
    ...(phase === 'Running' || phase === 'Pending'
      ? { message: `containers with unready status: [${unready.join(' ')}]` }
      : {}),
  };
  const gates = (pod.spec.readinessGates ?? []).every(
    (gate) => conditionOf(pod.status?.conditions, gate.conditionType)?.status === 'True',
  );
  const now = stamp(context, pod);
  const make = (type: string, isTrue: boolean, why: { reason?: string; message?: string }): Condition => {
    const status = isTrue ? 'True' : 'False';
    const before = conditionOf(pod.status?.conditions, type);
    return {
      type,
      status,
      lastProbeTime: null,
      lastTransitionTime: before?.status === status ? (before.lastTransitionTime ?? null) : now,
      ...(isTrue ? {} : why),
    };
  };
  const kubelets = [
    make('PodReadyToStartContainers', podIp !== undefined && !allEnded(facts), {}),
    make('Initialized', unfinished.length === 0, {
      reason: 'ContainersNotInitialized',
      message: `containers with incomplete status: [${unfinished.map((record) => record.spec.name).join(' ')}]`,
    }),
    make(
      'Ready',
      allReady && gates,
      allReady
        ? {
            reason: 'ReadinessGatesNotReady',
            message: 'corresponding condition of pod readiness gate does not exist.',
          }
        : notReady,
    ),
    make('ContainersReady', allReady, notReady),
  ];
  const own = new Set(kubelets.map((condition) => condition.type));
  return [...kubelets, ...(pod.status?.conditions ?? []).filter((condition) => !own.has(condition.type))];
}

function allEnded({ records, isTerminating }: PodFacts): boolean {
  return isTerminating && records.every((record) => record.process === undefined);
}
