import { matchesSelector } from '../api/selectors.ts';
import type { Store } from '../contracts.ts';
import { resolvePort } from '../controllers/endpoints.ts';
import {
  type NetworkPolicy,
  type NetworkPolicyPeer,
  type NetworkPolicyPort,
  resource,
} from '../controllers/kinds.ts';
import { contains } from './cidr.ts';
import type { NetworkPod } from './pod-registry.ts';

/** The other side of a connection: a pod, or an address outside. */
export interface Peer {
  readonly pod: NetworkPod | undefined;
  readonly ip: string;
}

export type Protocol = 'TCP' | 'UDP';

/**
 * NetworkPolicy, as the API defines it: policies add up; a pod that a policy selects for a direction accepts only what
 * one of them allows in that direction.
 */
export class PolicyEngine {
  readonly #store: Store;
  constructor(store: Store) {
    this.#store = store;
  }

  /** Whether a new connection passes, at both of its ends. The port is that of the pod, behind any service. */
  allows(from: NetworkPod, to: Peer, port: number, protocol: Protocol): boolean {
    if (to.pod !== undefined && to.pod.identity.uid === from.identity.uid) return true;
    return (
      this.#allows('Egress', from, to, port, protocol, to.pod) &&
      (to.pod === undefined ||
        this.#allows('Ingress', to.pod, { pod: from, ip: from.identity.ip }, port, protocol, to.pod))
    );
  }

  /** @param portOwner the pod whose container ports named ports mean */
  #allows(
    direction: 'Ingress' | 'Egress',
    subject: NetworkPod,
    peer: Peer,
    port: number,
    protocol: Protocol,
    portOwner: NetworkPod | undefined,
  ): boolean {
    // traffic of the node itself is not filtered
    if (subject.hostNetwork) return true;
    const namespace = subject.identity.namespace;
    let isSelected = false;
    for (const policy of this.#store.list(resource.networkPolicies, namespace) as readonly NetworkPolicy[]) {
      if (!policyTypes(policy).includes(direction)) continue;
      if (!matchesSelector(policy.spec.podSelector ?? {}, subject.labels)) continue;
      isSelected = true;
      const rules = direction === 'Ingress' ? policy.spec.ingress : policy.spec.egress;
      for (const rule of rules ?? []) {
        const peers = 'from' in rule ? rule.from : 'to' in rule ? rule.to : undefined;
        if (this.#matchesPeers(peers, peer, namespace) && matchesPorts(rule.ports, port, protocol, portOwner))
          return true;
      }
    }
    return !isSelected;
  }

  #matchesPeers(peers: readonly NetworkPolicyPeer[] | undefined, peer: Peer, namespace: string): boolean {
    return (
      peers === undefined ||
      peers.length === 0 ||
      peers.some((one) => this.#matchesPeer(one, peer, namespace))
    );
  }

  #matchesPeer(wanted: NetworkPolicyPeer, peer: Peer, namespace: string): boolean {
    if (wanted.ipBlock !== undefined) {
      const { cidr, except = [] } = wanted.ipBlock;
      return contains(cidr, peer.ip) && !except.some((part) => contains(part, peer.ip));
    }
    if (peer.pod === undefined || peer.pod.hostNetwork) return false;
    const peerNamespace = peer.pod.identity.namespace;
    if (wanted.namespaceSelector !== undefined) {
      const labels = this.#store.get(resource.namespaces, undefined, peerNamespace)?.metadata.labels;
      if (!matchesSelector(wanted.namespaceSelector, labels)) return false;
    } else if (peerNamespace !== namespace) return false;
    return wanted.podSelector === undefined || matchesSelector(wanted.podSelector, peer.pod.labels);
  }
}

function matchesPorts(
  ports: readonly NetworkPolicyPort[] | undefined,
  port: number,
  protocol: Protocol,
  owner: NetworkPod | undefined,
): boolean {
  if (ports === undefined || ports.length === 0) return true;
  return ports.some((wanted) => {
    if ((wanted.protocol ?? 'TCP') !== protocol) return false;
    if (wanted.port === undefined) return true;
    if (typeof wanted.port === 'string')
      return owner?.pod !== undefined && resolvePort(owner.pod, wanted.port, protocol) === port;
    return wanted.endPort === undefined
      ? wanted.port === port
      : port >= wanted.port && port <= wanted.endPort;
  });
}

/** Directions a policy speaks of; without `policyTypes`: ingress, and egress if it has egress rules. */
function policyTypes(policy: NetworkPolicy): readonly string[] {
  const { policyTypes: types, egress } = policy.spec;
  if (types !== undefined && types.length > 0) return types;
  return egress === undefined || egress.length === 0 ? ['Ingress'] : ['Ingress', 'Egress'];
}
