import type { KubeClient } from '../../kube/client.ts';
import type { KubeObject } from '../../kube/objects.ts';

/** What an address tells of a sender, under the names of OpenTelemetry. */
export type PodAttributes = Readonly<Record<string, string>>;

/** Knows which pod has which address, from a watch; pods on the network of their node are not told apart. */
export class PodDirectory {
  readonly #byIp = new Map<string, { uid: string; attributes: PodAttributes }>();

  /** Attributes of the pod with this address (`10.1.2.3` or `::ffff:10.1.2.3`), if there is one. */
  find(address: string): PodAttributes | undefined {
    return this.#byIp.get(address.replace(/^::ffff:/, ''))?.attributes;
  }

  /** Follows the pods of the cluster until the signal aborts; throws when the API refuses it. */
  async follow(kube: KubeClient, signal: AbortSignal): Promise<void> {
    const kind = { apiVersion: 'v1', kind: 'Pod' };
    const { items, resourceVersion } = await kube.list(kind);
    for (const pod of items) this.#put(pod);
    for await (const { type, object } of kube.watch(kind, resourceVersion, signal)) {
      if (type === 'DELETED') this.#remove(object);
      else if (type !== 'BOOKMARK') this.#put(object);
    }
  }

  #put(pod: KubeObject): void {
    const { hostNetwork, nodeName } = (pod['spec'] ?? {}) as { hostNetwork?: boolean; nodeName?: string };
    const { podIP, phase } = (pod.status ?? {}) as { podIP?: string; phase?: string };
    // a finished pod keeps the address in its status, but somebody else may have it
    if (phase === 'Succeeded' || phase === 'Failed') return this.#remove(pod);
    if (hostNetwork === true || podIP === undefined || podIP === '') return;
    const { name, namespace = '', uid = '' } = pod.metadata;
    this.#byIp.set(podIP, {
      uid,
      attributes: {
        'k8s.namespace.name': namespace,
        'k8s.pod.name': name,
        'k8s.pod.uid': uid,
        ...(nodeName === undefined ? {} : { 'k8s.node.name': nodeName }),
      },
    });
  }

  /** Its address may have a new owner already. */
  #remove(pod: KubeObject): void {
    const { podIP } = (pod.status ?? {}) as { podIP?: string };
    if (podIP !== undefined && this.#byIp.get(podIP)?.uid === pod.metadata.uid) this.#byIp.delete(podIP);
  }
}
