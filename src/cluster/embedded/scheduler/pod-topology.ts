import { matchesSelector } from '../api/selectors.ts';
import type { KubeObject, Pod, PodAffinityTerm } from '../controllers/kinds.ts';
import type { NodeInfo } from './node-info.ts';
import { matchesNodeSelection } from './node-match.ts';

/** Reads a namespace's labels, for namespace selectors of affinity terms. */
export type NamespaceLookup = (name: string) => KubeObject | undefined;

/** Whether `other` is one of the pods the term of `pod` speaks of. */
export function termSelects(
  term: PodAffinityTerm,
  pod: Pod,
  other: Pod,
  namespaces: NamespaceLookup,
): boolean {
  const otherNamespace = other.metadata.namespace ?? '';
  const named = term.namespaces ?? [];
  const inNamespace =
    named.length === 0 && term.namespaceSelector === undefined
      ? otherNamespace === pod.metadata.namespace
      : named.includes(otherNamespace) ||
        (term.namespaceSelector !== undefined &&
          matchesSelector(term.namespaceSelector, namespaces(otherNamespace)?.metadata.labels));
  return inNamespace && matchesSelector(term.labelSelector, other.metadata.labels);
}

/** How many selected pods there are in each domain of a topology key. */
function countByDomain(
  nodes: readonly NodeInfo[],
  topologyKey: string,
  selects: (pod: Pod) => boolean,
): Map<string, number> {
  const counts = new Map<string, number>();
  for (const info of nodes) {
    const domain = info.node.metadata.labels?.[topologyKey];
    if (domain === undefined) continue;
    counts.set(domain, (counts.get(domain) ?? 0) + info.pods.filter(selects).length);
  }
  return counts;
}

/** Why required pod affinity or anti-affinity keeps the pod off the node, in the scheduler's words. */
export function affinityRefusal(
  pod: Pod,
  info: NodeInfo,
  nodes: readonly NodeInfo[],
  namespaces: NamespaceLookup,
): string | undefined {
  const domainOf = (one: NodeInfo, key: string) => one.node.metadata.labels?.[key];
  const sameDomain = (key: string) => {
    const domain = domainOf(info, key);
    return domain === undefined ? [] : nodes.filter((one) => domainOf(one, key) === domain);
  };
  for (const term of pod.spec.affinity?.podAffinity?.requiredDuringSchedulingIgnoredDuringExecution ?? []) {
    const selects = (other: Pod) => termSelects(term, pod, other, namespaces);
    const isFirst = !nodes.some((one) => one.pods.some(selects)) && selects(pod);
    if (domainOf(info, term.topologyKey) === undefined) return "node(s) didn't match pod affinity rules";
    if (!isFirst && !sameDomain(term.topologyKey).some((one) => one.pods.some(selects)))
      return "node(s) didn't match pod affinity rules";
  }
  for (const term of pod.spec.affinity?.podAntiAffinity?.requiredDuringSchedulingIgnoredDuringExecution ?? [])
    if (
      sameDomain(term.topologyKey).some((one) =>
        one.pods.some((other) => termSelects(term, pod, other, namespaces)),
      )
    )
      return "node(s) didn't match pod anti-affinity rules";
  for (const one of nodes)
    for (const other of one.pods)
      for (const term of other.spec.affinity?.podAntiAffinity
        ?.requiredDuringSchedulingIgnoredDuringExecution ?? [])
        if (
          domainOf(one, term.topologyKey) !== undefined &&
          domainOf(one, term.topologyKey) === domainOf(info, term.topologyKey) &&
          termSelects(term, other, pod, namespaces)
        )
          return "node(s) didn't satisfy existing pods anti-affinity rules";
  return undefined;
}

/** Why a hard topology spread constraint keeps the pod off the node. */
export function spreadRefusal(pod: Pod, info: NodeInfo, nodes: readonly NodeInfo[]): string | undefined {
  for (const constraint of pod.spec.topologySpreadConstraints ?? []) {
    if (constraint.whenUnsatisfiable !== 'DoNotSchedule') continue;
    const domain = info.node.metadata.labels?.[constraint.topologyKey];
    if (domain === undefined)
      return "node(s) didn't match pod topology spread constraints (missing required label)";
    const eligible = nodes.filter((one) => matchesNodeSelection(pod, one.node));
    const counts = countByDomain(eligible, constraint.topologyKey, (other) =>
      isCounted(pod, other, constraint.labelSelector),
    );
    const minimum = Math.min(...counts.values());
    const self = matchesSelector(constraint.labelSelector, pod.metadata.labels) ? 1 : 0;
    if ((counts.get(domain) ?? 0) + self - minimum > constraint.maxSkew)
      return "node(s) didn't match pod topology spread constraints";
  }
  return undefined;
}

function isCounted(pod: Pod, other: Pod, selector: Parameters<typeof matchesSelector>[0]): boolean {
  return (
    other.metadata.namespace === pod.metadata.namespace &&
    other.metadata.deletionTimestamp === undefined &&
    matchesSelector(selector, other.metadata.labels)
  );
}

/** Penalty for soft spreading: pods of the same kind that share the node's domain, weighted. */
export function crowding(pod: Pod, info: NodeInfo, nodes: readonly NodeInfo[]): number {
  const soft = (pod.spec.topologySpreadConstraints ?? []).filter(
    (one) => one.whenUnsatisfiable === 'ScheduleAnyway',
  );
  if ((pod.spec.topologySpreadConstraints ?? []).length > 0) {
    let sum = 0;
    for (const constraint of soft) {
      const domain = info.node.metadata.labels?.[constraint.topologyKey];
      const counts = countByDomain(nodes, constraint.topologyKey, (other) =>
        isCounted(pod, other, constraint.labelSelector),
      );
      sum += domain === undefined ? 0 : (counts.get(domain) ?? 0);
    }
    return sum;
  }
  // the defaults of the scheduler: by host and, more loosely, by zone, among pods of the same owner
  const owner = pod.metadata.ownerReferences?.[0]?.uid;
  if (owner === undefined) return 0;
  const isSibling = (other: Pod) =>
    other.metadata.ownerReferences?.[0]?.uid === owner && other.metadata.deletionTimestamp === undefined;
  const zone = info.node.metadata.labels?.['topology.kubernetes.io/zone'];
  const inZone = countByDomain(nodes, 'topology.kubernetes.io/zone', isSibling);
  return info.pods.filter(isSibling).length + (zone === undefined ? 0 : (inZone.get(zone) ?? 0) / 2);
}
