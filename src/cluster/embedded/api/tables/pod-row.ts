import type { KubeObject } from '../../../../kube/objects.ts';
import { child, type Fields, items, text } from '../fields.ts';
import { humanDuration, since } from './human-duration.ts';
import type { Cell, Column } from './table.ts';

export const podColumns: readonly Column[] = [
  { name: 'Name' },
  { name: 'Ready' },
  { name: 'Status' },
  { name: 'Restarts' },
  { name: 'Age' },
  { name: 'IP', wide: true },
  { name: 'Node', wide: true },
  { name: 'Nominated Node', wide: true },
  { name: 'Readiness Gates', wide: true },
];

/** What kubectl shows as a pod's status and restarts, by the rules of the server's printer. */
export function podRow(pod: KubeObject, nowMs: number): readonly Cell[] {
  const spec = child(pod, 'spec') ?? {};
  const status = child(pod, 'status') ?? {};
  const summary = summarise(pod, spec, status);
  const restarts =
    summary.restarts > 0 && summary.lastRestartMs !== undefined
      ? `${summary.restarts} (${humanDuration(nowMs - summary.lastRestartMs)} ago)`
      : String(summary.restarts);
  return [
    pod.metadata.name,
    `${summary.ready}/${summary.total}`,
    summary.reason,
    restarts,
    since(pod.metadata.creationTimestamp, nowMs),
    text(status, 'podIP') || '<none>',
    text(spec, 'nodeName') || '<none>',
    text(status, 'nominatedNodeName') || '<none>',
    '<none>',
  ];
}

interface Summary {
  ready: number;
  total: number;
  reason: string;
  restarts: number;
  lastRestartMs: number | undefined;
}

function summarise(pod: KubeObject, spec: Fields, status: Fields): Summary {
  const summary: Summary = {
    ready: 0,
    total: items(spec, 'containers').length,
    reason: text(status, 'reason') || text(status, 'phase'),
    restarts: 0,
    lastRestartMs: undefined,
  };
  const sidecars = new Set(
    items(spec, 'initContainers')
      .filter((c) => c['restartPolicy'] === 'Always')
      .map((c) => c['name']),
  );
  summary.total += sidecars.size;
  const isInitializing = summariseInit(spec, status, sidecars, summary);
  if (!isInitializing || isTrue(status, 'Initialized')) summariseContainers(status, summary);
  if (pod.metadata.deletionTimestamp !== undefined) {
    if (status['reason'] === 'NodeLost') summary.reason = 'Unknown';
    else if (status['phase'] !== 'Succeeded' && status['phase'] !== 'Failed') summary.reason = 'Terminating';
  }
  return summary;
}

function note(summary: Summary, container: Fields): void {
  summary.restarts += Number(container['restartCount'] ?? 0);
  const finished = Date.parse(text(child(child(container, 'lastState'), 'terminated'), 'finishedAt'));
  if (!Number.isNaN(finished) && finished > (summary.lastRestartMs ?? 0)) summary.lastRestartMs = finished;
}

function exitText(terminated: Fields): string {
  return Number(terminated['signal'] ?? 0) !== 0
    ? `Signal:${String(terminated['signal'])}`
    : `ExitCode:${String(terminated['exitCode'] ?? 0)}`;
}

function summariseInit(
  spec: Fields,
  status: Fields,
  sidecars: ReadonlySet<unknown>,
  summary: Summary,
): boolean {
  const total = items(spec, 'initContainers').length;
  const list = items(status, 'initContainerStatuses');
  for (const [i, container] of list.entries()) {
    note(summary, container);
    const state = child(container, 'state');
    const terminated = child(state, 'terminated');
    const waiting = child(state, 'waiting');
    if (terminated !== undefined && Number(terminated['exitCode'] ?? 0) === 0) continue;
    if (sidecars.has(container['name']) && container['started'] === true) {
      if (container['ready'] === true) summary.ready++;
      continue;
    }
    if (terminated !== undefined)
      summary.reason = `Init:${text(terminated, 'reason') || exitText(terminated)}`;
    else if (
      waiting !== undefined &&
      text(waiting, 'reason') !== '' &&
      waiting['reason'] !== 'PodInitializing'
    )
      summary.reason = `Init:${text(waiting, 'reason')}`;
    else summary.reason = `Init:${i}/${total}`;
    return true;
  }
  return false;
}

function summariseContainers(status: Fields, summary: Summary): void {
  let hasRunning = false;
  for (const container of items(status, 'containerStatuses').reverse()) {
    note(summary, container);
    const state = child(container, 'state');
    const waiting = text(child(state, 'waiting'), 'reason');
    const terminated = child(state, 'terminated');
    if (waiting !== '') summary.reason = waiting;
    else if (terminated !== undefined) summary.reason = text(terminated, 'reason') || exitText(terminated);
    else if (container['ready'] === true && child(state, 'running') !== undefined) {
      hasRunning = true;
      summary.ready++;
    }
  }
  if (summary.reason === 'Completed' && hasRunning)
    summary.reason = isTrue(status, 'Ready') ? 'Running' : 'NotReady';
}

function isTrue(status: Fields, type: string): boolean {
  return items(status, 'conditions').some((c) => c['type'] === type && c['status'] === 'True');
}
