import type { KubeObject } from '../spec/kube-types.ts';
import type { Dependency } from './call-graph.ts';
import type { ClusterView } from './fault.ts';
import { at, isRecord, listAt, numberAt, textAt, textsAt } from './json-access.ts';
import { containersOf, objectsOf, podLabelsOf, selects } from './workloads.ts';

export type Direction = 'ingress' | 'egress';

/** One end of a connection. */
export interface PolicyEnd {
  readonly namespace: string;
  readonly labels: Readonly<Record<string, string>>;
  /** For named ports. */
  readonly workload?: KubeObject;
}

/** The end a workload's pods are. */
export function endOf(workload: KubeObject): PolicyEnd {
  return { namespace: workload.metadata.namespace ?? '', labels: podLabelsOf(workload), workload };
}

/** Cluster DNS as policies see it. */
export const dnsEnd: PolicyEnd = { namespace: 'kube-system', labels: { 'k8s-app': 'kube-dns' } };

/** Whether a policy acts in a direction: `policyTypes`, else ingress always and egress where there are egress rules. */
function actsOn(policy: KubeObject, direction: Direction): boolean {
  const types = listAt(policy, 'spec', 'policyTypes');
  if (types.length > 0) return types.includes(direction === 'ingress' ? 'Ingress' : 'Egress');
  return direction === 'ingress' || at(policy, 'spec', 'egress') !== undefined;
}

/** Policies of a view that select an end and act in a direction. */
function policiesFor(
  policies: readonly KubeObject[],
  end: PolicyEnd,
  direction: Direction,
): readonly KubeObject[] {
  return policies.filter(
    (p) =>
      p.metadata.namespace === end.namespace &&
      actsOn(p, direction) &&
      selects(at(p, 'spec', 'podSelector'), end.labels),
  );
}

/** Whether the policies let a new connection pass: allowed out at `from` and in at `to`. */
export function allowsConnection(
  view: ClusterView,
  policies: readonly KubeObject[],
  from: PolicyEnd,
  to: PolicyEnd,
  port: number,
  protocol: 'TCP' | 'UDP' = 'TCP',
): boolean {
  return (
    allows(view, policiesFor(policies, from, 'egress'), 'egress', to, to, port, protocol) &&
    allows(view, policiesFor(policies, to, 'ingress'), 'ingress', from, to, port, protocol)
  );
}

function allows(
  view: ClusterView,
  policies: readonly KubeObject[],
  direction: Direction,
  peer: PolicyEnd,
  server: PolicyEnd,
  port: number,
  protocol: string,
): boolean {
  if (policies.length === 0) return true;
  return policies.some((policy) =>
    listAt(policy, 'spec', direction).some((rule) =>
      ruleAllows(view, policy, direction, rule, peer, server, port, protocol),
    ),
  );
}

/** Whether one rule of a policy lets a peer through to a port of the server. */
function ruleAllows(
  view: ClusterView,
  policy: KubeObject,
  direction: Direction,
  rule: unknown,
  peer: PolicyEnd,
  server: PolicyEnd,
  port: number,
  protocol: string,
): boolean {
  const peers = listAt(rule, direction === 'ingress' ? 'from' : 'to');
  const ports = listAt(rule, 'ports');
  return (
    (peers.length === 0 || peers.some((p) => peerMatches(view, policy, p, peer))) &&
    (ports.length === 0 || ports.some((p) => portMatches(p, server, port, protocol)))
  );
}

/** Whether a peer entry of a policy matches pods with these labels. An ipBlock counts as matching nothing inside the cluster unless it is everything. */
export function peerMatches(view: ClusterView, policy: KubeObject, entry: unknown, end: PolicyEnd): boolean {
  if (!isRecord(entry)) return false;
  if (entry.ipBlock !== undefined) return textAt(entry, 'ipBlock', 'cidr') === '0.0.0.0/0';
  if (entry.namespaceSelector === undefined) {
    if (end.namespace !== policy.metadata.namespace) return false;
  } else if (!selects(entry.namespaceSelector, namespaceLabels(view, end.namespace))) return false;
  return entry.podSelector === undefined || selects(entry.podSelector, end.labels);
}

/** Whether a port entry of a policy covers a port of the server's pods. */
function portMatches(entry: unknown, server: PolicyEnd, port: number, protocol: string): boolean {
  if ((textAt(entry, 'protocol') ?? 'TCP') !== protocol) return false;
  const name = textAt(entry, 'port');
  if (name !== undefined) return server.workload !== undefined && namedPort(server.workload, name) === port;
  const first = numberAt(entry, 'port');
  if (first === undefined) return true;
  return port >= first && port <= (numberAt(entry, 'endPort') ?? first);
}

function namedPort(workload: KubeObject, name: string): number | undefined {
  for (const container of containersOf(workload))
    for (const entry of listAt(container.raw, 'ports'))
      if (textAt(entry, 'name') === name) return numberAt(entry, 'containerPort');
  return undefined;
}

/** Labels of a namespace, with the one the API server adds. */
export function namespaceLabels(view: ClusterView, name: string): Readonly<Record<string, string>> {
  const object = view.find({ kind: 'Namespace', name });
  return { 'kubernetes.io/metadata.name': name, ...(object ? textsAt(object, 'metadata', 'labels') : {}) };
}

/** Calls that pass with one set of policies and not with the other. */
export function callsLost(
  view: ClusterView,
  calls: readonly Dependency[],
  before: readonly KubeObject[],
  after: readonly KubeObject[],
): readonly Dependency[] {
  const passes = (call: Dependency, policies: readonly KubeObject[]) =>
    call.callees.some((callee) =>
      allowsConnection(view, policies, endOf(call.caller), endOf(callee), call.podPort),
    );
  return calls.filter((call) => passes(call, before) && !passes(call, after));
}

/** Workloads that can look names up with one set of policies and not with the other. */
export function lookupsLost(
  view: ClusterView,
  workloads: readonly KubeObject[],
  before: readonly KubeObject[],
  after: readonly KubeObject[],
): readonly KubeObject[] {
  const passes = (w: KubeObject, policies: readonly KubeObject[]) =>
    allowsConnection(view, policies, endOf(w), dnsEnd, 53, 'UDP');
  return workloads.filter((w) => passes(w, before) && !passes(w, after));
}

/** All policies of a view. */
export function policiesOf(view: ClusterView): readonly KubeObject[] {
  return objectsOf(view, 'NetworkPolicy');
}
