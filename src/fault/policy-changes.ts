import type { KubeObject } from '../spec/kube-types.ts';
import type { OperationAction } from '../spec/plan.ts';
import { callsFrom, callsTo, type Dependency } from './call-graph.ts';
import type { ArgumentProblem, ClusterView } from './fault.ts';
import { isRecord, listAt, numberAt, textsAt } from './json-access.ts';
import { type Direction, endOf, namespaceLabels, peerMatches, policiesOf } from './network-policies.ts';
import { nameOf, podLabelsOf, refOf } from './workloads.ts';

/** A change of the policies of a cluster: what is done, and the policy as it is then. */
export interface PolicyChange {
  readonly action: OperationAction;
  readonly summary: string;
  readonly direction: Direction;
  readonly policy: KubeObject;
  /** The policy it takes the place of; absent for a new one. */
  readonly replaces?: KubeObject;
}

type Change = PolicyChange | { readonly problem: ArgumentProblem };

/** The policy without the entries that let a workload's pods through; whole rules go where nothing else is left. */
export function withoutPeer(view: ClusterView, policy: KubeObject, peer: KubeObject): Change {
  for (const direction of ['ingress', 'egress'] as const) {
    const member = direction === 'ingress' ? 'from' : 'to';
    let removed = 0;
    const rules = listAt(policy, 'spec', direction).flatMap((rule) => {
      const peers = listAt(rule, member);
      const kept = peers.filter((entry) => !peerMatches(view, policy, entry, endOf(peer)));
      removed += peers.length - kept.length;
      // an empty list of peers means everybody, so the rule goes with its last peer
      return peers.length > 0 && kept.length === 0
        ? []
        : [kept.length === peers.length ? rule : { ...(rule as object), [member]: kept }];
    });
    if (removed > 0)
      return replaced(
        policy,
        direction,
        rules,
        `remove ${nameOf(peer)} from the ${direction} peers of ${nameOf(policy)}`,
      );
  }
  return {
    problem: {
      path: '/peer',
      message: `no entry of ${nameOf(policy)} is for ${nameOf(peer)}`,
      hint: 'name the workload at the other end of an allowed connection',
    },
  };
}

/** The policy without a port; the last port of a rule is replaced by a neighbour, for no ports at all would mean every port. */
export function withoutPort(policy: KubeObject, port: number): Change {
  for (const direction of ['ingress', 'egress'] as const) {
    let changed = 0;
    const rules = listAt(policy, 'spec', direction).map((rule) => {
      const ports = listAt(rule, 'ports');
      const kept = ports.filter((entry) => numberAt(entry, 'port') !== port);
      if (kept.length === ports.length) return rule;
      changed++;
      const slip = ports.map((entry) => ({
        ...(entry as object),
        port: port === 53 ? 5353 : port === 8080 ? 80 : port + 1,
      }));
      return { ...(rule as object), ports: kept.length > 0 ? kept : slip };
    });
    if (changed > 0)
      return replaced(
        policy,
        direction,
        rules,
        `remove port ${port} from the ${direction} rules of ${nameOf(policy)}`,
      );
  }
  const known = (['ingress', 'egress'] as const)
    .flatMap((d) => listAt(policy, 'spec', d))
    .flatMap((r) => listAt(r, 'ports'))
    .map((p) => numberAt(p, 'port'));
  const hint = `its ports: ${[...new Set(known)].filter((p) => p !== undefined).join(', ') || 'none by number'}`;
  return { problem: { path: '/port', message: `${nameOf(policy)} has no port ${port}`, hint } };
}

/** A new policy for a workload that allows what the application declares, without one peer (or without any, or without DNS). */
export function newPolicy(
  view: ClusterView,
  workload: KubeObject,
  kind: Direction | 'dns',
  cut: KubeObject | undefined,
  given: string | undefined,
): Change {
  const direction: Direction = kind === 'ingress' ? 'ingress' : 'egress';
  const namespace = workload.metadata.namespace ?? '';
  const name = given ?? freeName(view, namespace, workload.metadata.name, direction);
  if (view.find({ kind: 'NetworkPolicy', namespace, name }) !== undefined)
    return {
      problem: { path: '/name', message: `there is a NetworkPolicy "${name}" in ${namespace} already` },
    };
  const calls = direction === 'ingress' ? callsTo(view, workload) : callsFrom(view, workload);
  const otherEnds = (call: Dependency) => (direction === 'ingress' ? [call.caller] : call.callees);
  if (cut !== undefined && !calls.some((call) => otherEnds(call).includes(cut)))
    return {
      problem: {
        path: '/peer',
        message: `${nameOf(cut)} ${direction === 'ingress' ? 'does not call' : 'is not called by'} ${nameOf(workload)}`,
      },
    };
  const allowed = kind === 'dns' || cut !== undefined ? calls : [];
  const rules: unknown[] = direction === 'egress' && kind !== 'dns' ? [dnsRule] : [];
  for (const call of allowed)
    for (const end of otherEnds(call))
      if (end !== cut) {
        const rule = {
          [direction === 'ingress' ? 'from' : 'to']: [peerFor(view, namespace, end)],
          ports: [{ protocol: 'TCP', port: call.podPort }],
        };
        if (!rules.some((other) => JSON.stringify(other) === JSON.stringify(rule))) rules.push(rule);
      }
  const policy: KubeObject = {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'NetworkPolicy',
    metadata: { name, namespace, labels: commonLabels(view, workload) },
    spec: {
      podSelector: { matchLabels: selectorOf(workload) },
      policyTypes: [direction === 'ingress' ? 'Ingress' : 'Egress'],
      [direction]: rules,
    },
  };
  const without =
    kind === 'dns' ? ' without name resolution' : cut === undefined ? '' : ` without ${nameOf(cut)}`;
  return {
    action: { verb: 'create', object: policy },
    summary: `add ${nameOf(policy)}: ${direction} of ${nameOf(workload)}${without}`,
    direction,
    policy,
  };
}

const dnsRule = {
  to: [{ namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'kube-system' } } }],
  ports: [
    { protocol: 'UDP', port: 53 },
    { protocol: 'TCP', port: 53 },
  ],
};

function replaced(
  policy: KubeObject,
  direction: Direction,
  rules: readonly unknown[],
  summary: string,
): PolicyChange {
  const body = { spec: { [direction]: rules } };
  const spec = { ...(isRecord(policy.spec) ? policy.spec : {}), [direction]: rules };
  return {
    action: { verb: 'patch', target: refOf(policy), type: 'merge', body },
    summary,
    direction,
    policy: { ...policy, spec },
    replaces: policy,
  };
}

function peerFor(view: ClusterView, namespace: string, end: KubeObject): Record<string, unknown> {
  const podSelector = { matchLabels: selectorOf(end) };
  const other = end.metadata.namespace ?? '';
  if (other === namespace) return { podSelector };
  return {
    namespaceSelector: {
      matchLabels: {
        'kubernetes.io/metadata.name': namespaceLabels(view, other)['kubernetes.io/metadata.name'],
      },
    },
    podSelector,
  };
}

function selectorOf(workload: KubeObject): Readonly<Record<string, string>> {
  const own = textsAt(workload, 'spec', 'selector', 'matchLabels');
  return Object.keys(own).length > 0 ? own : podLabelsOf(workload);
}

/** Labels that the workload shares with the policies that are there already: what the operator would give the new one. */
function commonLabels(view: ClusterView, workload: KubeObject): Record<string, string> {
  const models = policiesOf(view).filter((p) => p.metadata.namespace === workload.metadata.namespace);
  const known = new Set(models.flatMap((p) => Object.keys(p.metadata.labels ?? {})));
  const own = { ...podLabelsOf(workload), ...(workload.metadata.labels ?? {}) };
  return Object.fromEntries(Object.entries(own).filter(([label]) => known.has(label)));
}

function freeName(view: ClusterView, namespace: string, workload: string, direction: Direction): string {
  const existing = policiesOf(view)
    .filter((p) => p.metadata.namespace === namespace)
    .map((p) => p.metadata.name);
  const prefixed = existing.filter((name) => name.startsWith('allow-')).length * 2 > existing.length;
  const styles = prefixed
    ? [`allow-${workload}-${direction}`, `allow-${workload}`, `${workload}-${direction}`]
    : [`${workload}-${direction}`, `${workload}-${direction}-policy`, `restrict-${workload}-${direction}`];
  const free = styles.filter((name) => !existing.includes(name));
  return free[0] ?? `${workload}-${direction}-2`;
}
