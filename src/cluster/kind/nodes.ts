import { setTimeout as sleep } from 'node:timers/promises';
import { OperationError } from '../../base/errors.ts';
import type { KubeClient } from '../../kube/client.ts';
import { createHttpClient } from '../../kube/http-client.ts';
import type { KubeObject } from '../../kube/objects.ts';
import type { NodeControl } from '../cluster.ts';
import type { ClusterState } from '../cluster-state.ts';
import { execIn, type NodeContainer, nodeContainers } from './docker.ts';
import { isOurs } from './kind-ownership.ts';
import { runCommand } from './run-command.ts';

interface Taint {
  readonly key: string;
  readonly effect: string;
}

const controlPlane = 'node-role.kubernetes.io/control-plane';
/** What the control plane was called before 1.24. */
const master = 'node-role.kubernetes.io/master';
const node = { apiVersion: 'v1', kind: 'Node' } as const;

/** A client for the cluster of a record, to be disposed of. */
export function nodesOf(state: ClusterState): { readonly kube: KubeClient } & AsyncDisposable {
  const kube = createHttpClient({ kubeconfig: state.kubeconfig });
  return { kube, [Symbol.asyncDispose]: () => kube[Symbol.asyncDispose]() };
}

/**
 * What applications of today count on and servers before 1.24 and 1.21 do not give by themselves: the control plane is
 * labelled and tainted by its present name, and every namespace has its name as a label.
 */
export async function prepareCluster(kube: KubeClient): Promise<void> {
  const label = 'kubernetes.io/metadata.name';
  for (const { metadata } of (await kube.list({ apiVersion: 'v1', kind: 'Namespace' })).items)
    if (metadata.labels?.[label] === undefined)
      await kube.patch({ apiVersion: 'v1', kind: 'Namespace', name: metadata.name }, 'merge', {
        metadata: { labels: { [label]: metadata.name } },
      });
  for (const { metadata, spec } of await listNodes(kube)) {
    const taints = (spec.taints ?? []).filter(({ key }) => key !== master);
    const isControlPlane =
      metadata.labels?.[controlPlane] !== undefined || metadata.labels?.[master] !== undefined;
    if (!isControlPlane) continue;
    if (!taints.some(({ key }) => key === controlPlane))
      taints.push({ key: controlPlane, effect: 'NoSchedule' });
    await kube.patch({ ...node, name: metadata.name }, 'merge', {
      metadata: { labels: { [controlPlane]: '' } },
      spec: { taints },
    });
  }
}

/** Takes back what was done to nodes: cordons and taints of people; starts the ones that were stopped. */
export async function resetNodes(kube: KubeClient): Promise<void> {
  for (const { metadata, spec } of await listNodes(kube)) {
    // the node controller's own taints go when the node is well
    const taints = (spec.taints ?? []).filter(
      ({ key }) => key === controlPlane || key.startsWith('node.kubernetes.io/'),
    );
    const own = taints.filter(({ key }) => key !== 'node.kubernetes.io/unschedulable');
    if (spec.unschedulable === true || own.length !== (spec.taints ?? []).length)
      await kube.patch({ ...node, name: metadata.name }, 'merge', {
        spec: { unschedulable: null, taints: own },
      });
  }
}

/** Waits until so many nodes are Ready; `false` after the timeout. A server that does not answer yet is waited for. */
export async function waitForNodes(
  kube: KubeClient,
  count: number,
  timeoutMs: number,
  signal?: AbortSignal,
): Promise<boolean> {
  for (const deadline = Date.now() + timeoutMs; Date.now() < deadline; ) {
    const nodes = await listNodes(kube).catch(() => []);
    if (nodes.filter((one) => isReady(one)).length >= count) return true;
    await sleep(1000, undefined, signal ? { signal } : {});
  }
  return false;
}

/** Starts containers that were stopped and the services in them that a fault stopped. */
export async function startNodes(containers: readonly NodeContainer[]): Promise<void> {
  for (const { id, isRunning } of containers) if (!isRunning) await runCommand('docker', ['start', id]);
  await Promise.all(containers.map(({ id }) => startServices(id)));
}

/**
 * Stops and starts nodes of a cluster that we made. The kubelet and the runtime stop and the node's network is cut, so
 * that it reports no more and neither it nor its pods answer anybody, as a machine that is gone; what ran there is found
 * as it was, or was replaced elsewhere, when it comes back.
 */
export function kindNodeControl(state: ClusterState, kube: KubeClient): NodeControl {
  const containerOf = async (name: string): Promise<string> => {
    const containers = await nodeContainers(state.kind?.clusterName ?? state.name);
    const found = containers.find((one) => one.name === name);
    if (found === undefined || !isOurs(state.kind, [found]))
      throw new OperationError('no-such-node', `${name} is not a node of the cluster ${state.name}`, {
        hint: `nodes: ${containers.map((one) => one.name).join(', ') || 'none'}`,
      });
    return found.id;
  };
  return {
    async stopNode(name) {
      const container = await containerOf(name);
      // first, so that those who listen to its logs are told that it ends
      await execIn(container, ['systemctl', 'stop', 'kubelet', 'containerd'], { timeoutMs: 90_000 });
      await execIn(container, ['sh', '-c', `${joinNetwork}; ${cutNetwork}`], { timeoutMs: 60_000 });
    },
    async startNode(name) {
      await startServices(await containerOf(name));
      const isBack = async () => {
        const found = await kube.get({ ...node, name }).catch(() => undefined);
        return found !== undefined && isReady(found as NodeObject);
      };
      for (const deadline = Date.now() + 120_000; Date.now() < deadline; await sleep(1000))
        if (await isBack()) return;
      throw new OperationError('node-not-ready', `${name} was started and is not Ready after two minutes`);
    },
  };
}

/** Whether nodes can be stopped: asks a worker's kubelet how it is, by the way in which it would be stopped. */
export async function tryNodeControl(state: ClusterState): Promise<string> {
  const containers = await nodeContainers(state.kind?.clusterName ?? state.name);
  const worker = containers.find(({ name }) => !name.includes('-control-plane'));
  if (worker === undefined || !isOurs(state.kind, [worker]))
    throw new OperationError('no-such-node', `the cluster ${state.name} has no worker`);
  const answer = await execIn(worker.id, ['systemctl', 'is-active', 'kubelet']);
  return `the kubelet of ${worker.name} is ${answer.trim()} and can be stopped`;
}

/** Nothing comes in from other machines and nothing goes out to them, of the node and of its pods. */
const cutNetwork =
  'iptables -t mangle -I PREROUTING -i eth0 -j DROP && iptables -t mangle -I POSTROUTING -o eth0 -j DROP';
const joinNetwork =
  'while iptables -t mangle -D PREROUTING -i eth0 -j DROP; do :; done 2>/dev/null; while iptables -t mangle -D POSTROUTING -o eth0 -j DROP; do :; done 2>/dev/null; true';

async function startServices(container: string): Promise<void> {
  await execIn(container, ['sh', '-c', joinNetwork], { timeoutMs: 60_000 });
  await execIn(container, ['systemctl', 'start', 'containerd', 'kubelet'], { timeoutMs: 90_000 });
}

interface NodeObject extends KubeObject {
  readonly spec: { readonly taints?: readonly Taint[]; readonly unschedulable?: boolean };
  readonly status: { readonly conditions?: readonly { readonly type: string; readonly status: string }[] };
}

async function listNodes(kube: KubeClient): Promise<readonly NodeObject[]> {
  // what the API calls a Node has these fields
  return (await kube.list(node)).items as readonly KubeObject[] as readonly NodeObject[];
}

function isReady({ status }: NodeObject): boolean {
  return (status.conditions ?? []).some((one) => one.type === 'Ready' && one.status === 'True');
}
