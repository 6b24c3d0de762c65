import { byText } from '../base/order.ts';
import type { KubeObject } from '../kube/objects.ts';
import type { ContainerStateChange } from './recording.ts';

type State = Omit<ContainerStateChange, 'timeMs'>;

/** States of containers as the statuses of Pods tell them, and when they changed. */
export class ContainerStates {
  readonly #last = new Map<string, State>();
  readonly #changes: ContainerStateChange[] = [];

  initial(pod: KubeObject): void {
    this.changed(pod, Number.NEGATIVE_INFINITY);
  }

  changed(pod: KubeObject, timeMs: number): void {
    for (const status of statusesOf(pod)) {
      const state = stateOf(pod, status, status.state);
      if (state === undefined) continue;
      const id = `${pod.metadata.uid ?? pod.metadata.name}/${state.container}`;
      const before = this.#last.get(id);
      if (before !== undefined && same(before, state)) continue;
      // a short end between two states may be told by lastState only
      const restarted =
        before !== undefined && state.restartCount > before.restartCount && before.state !== 'terminated';
      const ended = restarted ? stateOf(pod, status, status.lastState) : undefined;
      if (ended !== undefined && state.state !== 'terminated') this.#changes.push({ timeMs, ...ended });
      this.#last.set(id, state);
      this.#changes.push({ timeMs, ...state });
    }
  }

  /** Changes in the window; for each container also the last state before it, at the window's start. */
  inWindow(startMs: number, endMs: number): readonly ContainerStateChange[] {
    const before = new Map<string, ContainerStateChange>();
    const inside: ContainerStateChange[] = [];
    for (const change of this.#changes) {
      if (change.timeMs < startMs)
        before.set(`${change.namespace}/${change.pod}/${change.container}`, { ...change, timeMs: startMs });
      else if (change.timeMs <= endMs) inside.push(change);
    }
    const key = byText<ContainerStateChange>(
      ({ namespace }) => namespace,
      ({ pod }) => pod,
      ({ container }) => container,
    );
    return [...before.values(), ...inside].sort((a, b) => a.timeMs - b.timeMs || key(a, b));
  }
}

interface ContainerStatus {
  readonly name?: string;
  readonly restartCount?: number;
  readonly state?: StateField;
  readonly lastState?: StateField;
}

type StateField = Readonly<
  Record<string, { readonly reason?: string; readonly exitCode?: number } | undefined>
>;

function statusesOf(pod: KubeObject): readonly ContainerStatus[] {
  // the shape of a Pod's status is the API server's; every field is optional here
  const status = (pod.status ?? {}) as {
    containerStatuses?: ContainerStatus[];
    initContainerStatuses?: ContainerStatus[];
  };
  return [...(status.initContainerStatuses ?? []), ...(status.containerStatuses ?? [])];
}

function stateOf(pod: KubeObject, status: ContainerStatus, field: StateField | undefined): State | undefined {
  for (const state of ['waiting', 'running', 'terminated'] as const) {
    const detail = field?.[state];
    if (detail === undefined || detail === null) continue;
    return {
      namespace: pod.metadata.namespace ?? '',
      pod: pod.metadata.name,
      container: status.name ?? '',
      state,
      reason: detail.reason,
      exitCode: detail.exitCode,
      restartCount: status.restartCount ?? 0,
    };
  }
  return undefined;
}

function same(a: State, b: State): boolean {
  return (
    a.state === b.state &&
    a.reason === b.reason &&
    a.exitCode === b.exitCode &&
    a.restartCount === b.restartCount
  );
}
