import { setTimeout as sleep } from 'node:timers/promises';
import { OperationError } from '../../base/errors.ts';
import type { KubeClient } from '../../kube/client.ts';
import { isHeldBack } from '../../kube/held-back.ts';
import { type KubeObject, refOf } from '../../kube/objects.ts';
import { entityName } from '../../spec/entity-name.ts';

export interface WaitOptions {
  readonly timeoutMs: number;
  readonly signal?: AbortSignal;
  /** How many of how many workloads are complete, and what is not, in words. */
  readonly onProgress?: (done: number, all: number, unfinished: readonly string[]) => void;
}

/**
 * Waits until every workload of the namespaces has the pods it wants, all of the newest revision and ready, and no
 * other pod is left; OperationError that says which are not and why.
 */
export async function waitUntilReady(
  kube: KubeClient,
  namespaces: readonly string[],
  options: WaitOptions,
): Promise<void> {
  const { timeoutMs, signal, onProgress } = options;
  const deadline = Date.now() + timeoutMs;
  for (;;) {
    const { unfinished, all } = await lookAt(kube, namespaces);
    onProgress?.(Math.max(0, all - unfinished.length), all, unfinished);
    if (unfinished.length === 0) return;
    if (Date.now() > deadline)
      throw new OperationError(
        'deploy-timeout',
        `not ready after ${Math.round(timeoutMs / 1000)} s: ${unfinished.join('; ')}`,
        { hint: 'see the events and logs of these workloads' },
      );
    await sleep(1000, undefined, signal ? { signal } : {});
  }
}

async function lookAt(
  kube: KubeClient,
  namespaces: readonly string[],
): Promise<{ readonly unfinished: string[]; readonly all: number }> {
  const unfinished: string[] = [];
  let all = 0;
  for (const namespace of namespaces) {
    const list = async (kind: string) =>
      (await kube.list({ apiVersion: 'apps/v1', kind }, { namespace })).items;
    const [deployments, sets] = [await list('Deployment'), await list('StatefulSet')];
    const workloads = [...deployments, ...sets];
    all += workloads.length;
    const missing = workloads.filter((object) => !isComplete(object));
    const pods = (await kube.list({ apiVersion: 'v1', kind: 'Pod' }, { namespace })).items;
    const going = pods.filter(({ metadata }) => metadata['deletionTimestamp'] !== undefined);
    if (missing.length === 0) {
      // counts leave out what is going; it would still be scraped, and seen
      for (const pod of going) {
        unfinished.push(`${namespace}/Pod/${pod.metadata.name} is still going`);
        // nobody is served by it any more
        if (Number(pod.metadata['deletionGracePeriodSeconds'] ?? 0) > 1)
          await kube.delete(refOf(pod), { gracePeriodSeconds: 1 }).catch(() => undefined);
      }
      continue;
    }
    await hurry(kube, pods);
    for (const object of missing)
      unfinished.push(
        `${entityName({ kind: object.kind, ...object.metadata })} has ${count(object, 'readyReplicas')}/${wanted(object)} ready${whyNot(object, pods)}`,
      );
  }
  return { unfinished, all };
}

/** A pod that waits minutes for its next try is made anew: what it missed when it started is there by now. */
async function hurry(kube: KubeClient, pods: readonly KubeObject[]): Promise<void> {
  for (const pod of pods)
    if (isHeldBack(pod, 3)) await kube.delete(refOf(pod), { gracePeriodSeconds: 1 }).catch(() => undefined);
}

function wanted(object: KubeObject): number {
  return (object['spec'] as { replicas?: number }).replicas ?? 1;
}

function count(object: KubeObject, field: string): number {
  return Number((object['status'] as Record<string, unknown> | undefined)?.[field] ?? 0);
}

function isComplete(object: KubeObject): boolean {
  const replicas = wanted(object);
  const status = (object['status'] ?? {}) as { updateRevision?: string; currentRevision?: string };
  const isRolledOut =
    object.kind === 'StatefulSet'
      ? status.updateRevision === undefined || status.updateRevision === status.currentRevision
      : count(object, 'updatedReplicas') === replicas;
  return (
    count(object, 'observedGeneration') >= (object.metadata.generation ?? 1) &&
    count(object, 'readyReplicas') === replicas &&
    count(object, 'replicas') === replicas &&
    isRolledOut
  );
}

interface ContainerStatus {
  readonly ready?: boolean;
  readonly restartCount?: number;
  readonly state?: Readonly<
    Record<string, { reason?: string; message?: string; exitCode?: number } | undefined>
  >;
}

function whyNot(workload: KubeObject, pods: readonly KubeObject[]): string {
  for (const pod of pods) {
    if (!pod.metadata.name.startsWith(`${workload.metadata.name}-`)) continue;
    const { containerStatuses = [], conditions = [] } = (pod['status'] ?? {}) as {
      containerStatuses?: ContainerStatus[];
      conditions?: { type: string; status: string; message?: string }[];
    };
    for (const { state = {}, ready } of containerStatuses) {
      const seen = state['waiting'] ?? state['terminated'];
      if (ready !== true && seen !== undefined)
        return ` (${pod.metadata.name}: ${seen.reason ?? `exit ${seen.exitCode}`}${seen.message === undefined ? '' : ` ${seen.message}`})`;
    }
    const unscheduled = conditions.find((one) => one.type === 'PodScheduled' && one.status === 'False');
    if (unscheduled !== undefined)
      return ` (${pod.metadata.name}: ${unscheduled.message ?? 'not scheduled'})`;
  }
  return '';
}
