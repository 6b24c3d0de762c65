import { CulpritError, OperationError } from '../../base/errors.ts';
import type { KubeClient } from '../../kube/client.ts';
import { deleteIfThere } from '../../kube/delete-if-there.ts';
import type { KubeObject } from '../../kube/objects.ts';
import { refOf } from '../../kube/objects.ts';
import type { ClusterClock } from '../cluster.ts';
import { allowPolicy, clientObject, denyIngress, type ProbeImage, serverObjects } from './probe-pods.ts';

export interface Finding {
  readonly works: boolean;
  /** What was seen. */
  readonly detail: string;
}

export interface NetworkProbeOptions {
  readonly kube: KubeClient;
  readonly clock: ClusterClock;
  readonly image: ProbeImage;
  /** An existing namespace to do it in; default: one of its own, made and deleted. */
  readonly namespace?: string;
  readonly startTimeoutMs?: number;
}

const ownPrefix = 'connectivity-check';
const ownLabel = { 'app.kubernetes.io/name': ownPrefix };
/** How long a new Service may take to lead to its pod; on a busy node it takes its time, and comes and goes at first. */
const connectMs = 60_000;
/** How long a policy may take to be enforced. */
const enforceMs = 30_000;
/** So many connections in a row that end alike are no accident. */
const steady = 3;

/**
 * Whether a NetworkPolicy blocks a new connection between two pods, and whether a Service's name is found: seen by
 * doing it. Everything it makes is deleted, also when it fails; what an earlier probe left is deleted first.
 */
export async function probeNetwork(
  options: NetworkProbeOptions,
): Promise<{ readonly networkPolicy: Finding; readonly dns: Finding }> {
  const { kube } = options;
  const made: KubeObject[] = [];
  try {
    const namespace = options.namespace ?? (await makeNamespace(options, made));
    return await tryIt({ ...options, namespace }, async (object) => {
      await create(options, object);
      made.push(object);
    });
  } catch (error) {
    if (!CulpritError.isInstance(error)) throw error;
    const finding = { works: false, detail: `could not be tried: ${error.message}` };
    return { networkPolicy: finding, dns: finding };
  } finally {
    for (const object of made.reverse()) await deleteIfThere(kube, refOf(object), { gracePeriodSeconds: 0 });
  }
}

async function makeNamespace({ kube }: NetworkProbeOptions, made: KubeObject[]): Promise<string> {
  const kind = { apiVersion: 'v1', kind: 'Namespace' };
  const selector = `app.kubernetes.io/name=${ownPrefix}`;
  for (const old of (await kube.list(kind, { labelSelector: selector })).items)
    if (old.metadata.name.startsWith(`${ownPrefix}-`)) await deleteIfThere(kube, refOf(old));
  // one that is being deleted keeps its name for a while
  const name = `${ownPrefix}-${Date.now().toString(36)}`;
  const namespace = { ...kind, metadata: { name, labels: ownLabel } };
  await kube.create(namespace);
  made.push(namespace);
  return name;
}

async function tryIt(
  { kube, clock, image, namespace, startTimeoutMs = 90_000 }: NetworkProbeOptions & { namespace: string },
  make: (object: KubeObject) => Promise<void>,
): Promise<{ networkPolicy: Finding; dns: Finding }> {
  const policy = allowPolicy(namespace);
  await make(policy);
  for (const object of serverObjects(namespace, image)) await make(object);
  await make(clientObject(namespace, image));
  for (const name of ['server', 'client']) {
    const isUp = await clock.until(() => isReady(kube, namespace, name), startTimeoutMs);
    if (isUp) continue;
    const why = await whyNot(kube, namespace, name);
    throw new OperationError('probe-pod', `the pod "${name}" (${image.image}) does not start${why}`);
  }
  const lines = async () =>
    (await kube.podLog({ namespace, name: 'client', container: 'check' }))
      .split('\n')
      .filter((line) => line.includes('connect='));
  const connectsSteadily = (wanted: boolean) => async () => {
    const last = (await lines()).slice(-steady);
    return last.length === steady && last.every((line) => line.endsWith('connect=ok') === wanted);
  };
  const connects = await clock.until(connectsSteadily(true), connectMs, 500);
  const last = (await lines()).at(-1) ?? '';
  const name = /name=(\S+)/.exec(last)?.[1] ?? 'nothing';
  const dns = {
    works: !/^[A-Z_]+$/.test(name) && name !== 'nothing',
    detail: `"server" is ${name}`,
  };
  if (!connects)
    return {
      dns,
      networkPolicy: {
        works: false,
        detail: `two pods do not connect although a policy allows it: ${last.replace(/^\S+ /, '')}`,
      },
    };

  await kube.patch(refOf(policy), 'merge', denyIngress);
  const deniedMs = clock.nowMs();
  const isBlocked = await clock.until(connectsSteadily(false), enforceMs, 500);
  const seconds = ((clock.nowMs() - deniedMs) / 1000).toFixed(0);
  const outcome = /connect=(\S+)/.exec((await lines()).at(-1) ?? '')?.[1] ?? 'nothing';
  return {
    dns,
    networkPolicy: {
      works: isBlocked,
      detail: isBlocked
        ? `a pod connects before a policy denies it, and not after (${outcome}, within ${seconds} s)`
        : `a pod connects before a policy denies it, and still does ${seconds} s after`,
    },
  };
}

/** In a new namespace, the ServiceAccount that pods need comes a moment later. */
async function create({ kube, clock }: NetworkProbeOptions, object: KubeObject): Promise<void> {
  let failure: unknown;
  const isMade = await clock.until(async () => {
    try {
      await kube.create(object);
      return true;
    } catch (error) {
      failure = error;
      return false;
    }
  }, 60_000);
  if (!isMade) throw failure;
}

async function isReady(kube: KubeClient, namespace: string, name: string): Promise<boolean> {
  const pod = await kube.get({ apiVersion: 'v1', kind: 'Pod', namespace, name });
  const { conditions = [] } = (pod.status ?? {}) as { conditions?: { type: string; status: string }[] };
  return conditions.some(({ type, status }) => type === 'Ready' && status === 'True');
}

async function whyNot(kube: KubeClient, namespace: string, name: string): Promise<string> {
  const pod = await kube.get({ apiVersion: 'v1', kind: 'Pod', namespace, name }).catch(() => undefined);
  const { containerStatuses = [], conditions = [] } = (pod?.status ?? {}) as {
    containerStatuses?: { state?: { waiting?: { reason?: string } } }[];
    conditions?: { type: string; status: string; message?: string }[];
  };
  const reason =
    containerStatuses[0]?.state?.waiting?.reason ??
    conditions.find(({ type, status }) => type === 'PodScheduled' && status === 'False')?.message;
  return reason === undefined ? '' : `: ${reason}`;
}
