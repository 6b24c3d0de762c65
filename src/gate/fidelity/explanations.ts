/** A kind of evidence in which two bundles of one scenario are compared. */
export type SignalName =
  | 'event reasons'
  | 'events'
  | 'container states'
  | 'condition types'
  | 'alerts'
  | 'order of alerts'
  | 'service shifts'
  | 'error kinds'
  | 'call graph'
  | 'object kinds'
  | 'object fields'
  | 'root causes'
  | 'symptoms'
  | 'heuristics';

/** Why a difference is there. Reviewed: somebody looked at both bundles and found that this is so. */
export interface Explanation {
  /**
   * `version`: another Kubernetes version writes it differently. `installation`: what else a cluster comes with (network
   * plug-in, metrics server, number of nodes). `chance`: two runs on one cluster differ in it as well. `model`: the
   * embedded cluster is simpler there; counts as a difference, the others do not.
   */
  readonly from: 'version' | 'installation' | 'chance' | 'model';
  readonly because: string;
}

interface Entry extends Explanation {
  readonly signals: readonly SignalName[];
  readonly seenBy: 'embedded' | 'kind' | 'both';
  /** Of the whole text of the difference. */
  readonly what: RegExp;
}

const networkPlugIn =
  'the network plug-in is another one: kindnet there, netd of the offline node image here; both fail with their node';
const youngPods =
  'autoscalers take no notice of unready pods in their first five minutes, and there are no metrics of pods just made; in a cluster put back between scenarios all pods are that young';

/** The list. An entry is added only with a reason that can be checked. */
const reviewed: readonly Entry[] = [
  {
    signals: ['event reasons', 'events'],
    seenBy: 'kind',
    what: /^SystemOOM\b/,
    from: 'installation',
    because:
      'the kubelets of kind share one kernel, and each takes the kill of a container for one of its system',
  },
  {
    // seen: 17 FailedGetResourceMetric about one autoscaler in an hour, and of the event that follows each none any more
    signals: ['event reasons', 'events'],
    seenBy: 'embedded',
    what: /^FailedComputeMetricsReplicas\b/,
    from: 'installation',
    because:
      'a controller writes 25 events about one object and then one in five minutes: on a cluster in use, autoscalers have used them up, and this event comes second',
  },
  {
    // seen: pods made anew at 22:24:36, "did not receive metrics for any ready pods" at 22:27:05
    signals: ['event reasons', 'events'],
    seenBy: 'kind',
    what: /^Failed(?:ComputeMetricsReplicas|GetResourceMetric)\b/,
    from: 'installation',
    because: youngPods,
  },
  {
    signals: ['event reasons', 'events'],
    seenBy: 'kind',
    what: /^Killing\b/,
    from: 'model',
    because:
      'real kubelets count failures of a probe on over restarts of its container, embedded ones begin anew; so a container that keeps crashing is killed for its liveness as well',
  },
  {
    // seen in 6 of 15 bundles from kind, and in 5 of 6 embedded ones
    signals: ['event reasons', 'events'],
    seenBy: 'embedded',
    what: /^FailedToUpdateEndpoint\b/,
    from: 'chance',
    because:
      'the endpoints controller meets an older copy of what it writes only if another change of the same pods comes within moments',
  },
  {
    // seen of pods told to end: 10 of 28 on kind asked while they drained, 13 after they had ended; embedded 16 of 102
    signals: ['event reasons', 'events'],
    seenBy: 'kind',
    what: /^Unhealthy(?: Pod \S+)?, ending$/,
    from: 'chance',
    because:
      'a pod that ends is asked on whether it is ready, and says no for two seconds; until Kubernetes 1.22 kubelets asked up to ten seconds longer, of one that had ended already: whether a question falls just then is chance',
  },
  {
    signals: ['event reasons', 'events'],
    seenBy: 'embedded',
    what: /^Pulling\b/,
    from: 'installation',
    because: 'kind has every image loaded onto every node; elsewhere a node pulls what it has not run before',
  },
  {
    signals: ['events', 'alerts', 'symptoms', 'order of alerts'],
    seenBy: 'embedded',
    what: /kube-system\/(?:daemonset|DaemonSet)\/kindnet\b/,
    from: 'installation',
    because: networkPlugIn,
  },
  {
    signals: ['events', 'alerts', 'symptoms', 'order of alerts'],
    seenBy: 'kind',
    what: /kube-system\/(?:daemonset|DaemonSet)\/netd\b/,
    from: 'installation',
    because: networkPlugIn,
  },
  {
    // seen: "shutdown complete" at 21:50:54, the pod gone at 21:51:04; killed at 22:51:46, its target down until 22:52:17
    signals: ['alerts'],
    seenBy: 'kind',
    what: /^TargetDown (?:storefront|fulfilment)\/Deployment\/\S+$/,
    from: 'version',
    because:
      'until Kubernetes 1.22 kubelets looked every ten seconds whether a pod that had ended could go; for so long it was a target that did not answer',
  },
  {
    // seen: refused for limits.cpu at 22:51:46, while a pod killed at 22:51:43 was still there
    signals: ['events'],
    seenBy: 'kind',
    what: /^FailedCreate ReplicaSet fulfilment\/Deployment\/orders$/,
    from: 'version',
    because:
      'pods that have ended count in quotas until they are gone, ten seconds longer until Kubernetes 1.22',
  },
  {
    // seen before anything is wrong: p95 of orders 0.8 s in two runs (1.8 s on an overloaded machine), embedded 0.5 s
    signals: ['alerts'],
    seenBy: 'kind',
    what: /^HighRequestLatencyP95 fulfilment\/(?:orders|checkout)$/,
    from: 'installation',
    because:
      "the database's work is done on the two cores that all nodes of kind share: orders are near the second at which the alert fires before anything is wrong",
  },
  {
    // seen: containers alone used 1.24 to 1.42 cores in the incident of tidy-up-day, the control plane and kubelets not counted
    signals: ['service shifts'],
    seenBy: 'both',
    what: /: embedded same errors, same latency .* kind same errors, slower latency \(errors 0\.0 % → 0\.0 %, p95 \d+ ms → \d{2,3} ms,/,
    from: 'installation',
    because:
      'all nodes of kind shared two cores: at three times the load, requests to services that nothing is wrong with waited for a core, less than a second',
  },
  {
    signals: ['container states'],
    seenBy: 'kind',
    what: / terminated ContainerStatusUnknown$/,
    from: 'version',
    because:
      'until Kubernetes 1.22 a kubelet that no longer found the containers of a deleted pod said so as their last state',
  },
  {
    signals: ['object fields'],
    seenBy: 'kind',
    what: /^Pod status\.containerStatuses\[\]\.lastState\.terminated\.message$/,
    from: 'version',
    because:
      'until Kubernetes 1.22 a kubelet that no longer found the containers of a deleted pod said so as their last state',
  },
  {
    signals: ['condition types'],
    seenBy: 'embedded',
    what: /^(?:Pod PodReadyToStartContainers|Pod DisruptionTarget|PodDisruptionBudget DisruptionAllowed)$/,
    from: 'version',
    because: 'conditions that came after Kubernetes 1.20',
  },
  {
    signals: ['object fields'],
    seenBy: 'embedded',
    what: /^(?:Pod status\.hostIPs|PodDisruptionBudget status\.conditions|EndpointSlice endpoints\[\]\.conditions\.(?:serving|terminating)$|Service spec\.internalTrafficPolicy$|StatefulSet (?:spec\.persistentVolumeClaimRetentionPolicy|status\.availableReplicas))/,
    from: 'version',
    because: 'fields that came after Kubernetes 1.20',
  },
  {
    signals: ['object fields'],
    seenBy: 'embedded',
    what: /^ConfigMap metadata\.annotations$/,
    from: 'version',
    because: 'kube-root-ca.crt says what it is for since Kubernetes 1.21',
  },
  {
    signals: ['object fields'],
    seenBy: 'kind',
    what: /^(?:ServiceAccount secrets\[\]\.name|Secret metadata\.annotations)$/,
    from: 'version',
    because: 'until Kubernetes 1.23 every ServiceAccount had a Secret with its token',
  },
  {
    signals: ['object fields'],
    seenBy: 'kind',
    what: /^Node spec\.providerID$/,
    from: 'installation',
    because: 'kind names itself as the provider of its nodes',
  },
  {
    signals: ['object kinds'],
    seenBy: 'kind',
    what: /^(?:Cluster)?Role(?:Binding)?$/,
    from: 'installation',
    because: 'a real control plane brings its roles; the embedded one has no RBAC',
  },
];

/** The reviewed reason of a difference, if there is one. */
export function explain(signal: SignalName, what: string, seenBy: Entry['seenBy']): Explanation | undefined {
  const found = reviewed.find(
    (entry) => entry.signals.includes(signal) && entry.seenBy === seenBy && entry.what.test(what),
  );
  return found && { from: found.from, because: found.because };
}
