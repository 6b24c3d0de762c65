import { type Static, Type } from 'typebox';
import type { KubeObject } from '../../spec/kube-types.ts';
import { byImportance, callersOf, callsFrom, callsTo, type Dependency, dependencies } from '../call-graph.ts';
import { container, errorTexts, failedCall, log, must, mustNot, settledMs, within } from '../expectations.ts';
import type { ArgumentProblem, ClusterView, Fault, PlannedOperation } from '../fault.ts';
import { callsLost, lookupsLost, policiesOf } from '../network-policies.ts';
import { renewConnections, restart } from '../operations.ts';
import { newPolicy, type PolicyChange, withoutPeer, withoutPort } from '../policy-changes.ts';
import { resolveTarget, resolveWorkload, target, targetText } from '../targets.ts';
import { nameOf, workloadKinds, workloadsOf } from '../workloads.ts';

const Arguments = Type.Object(
  {
    variant: Type.Union(
      [Type.Literal('remove-peer'), Type.Literal('remove-port'), Type.Literal('new-policy')],
      {
        description:
          '"remove-peer": an existing policy no longer lets a peer through. "remove-port": it no longer covers a port. "new-policy": a policy is added that lets too little through.',
      },
    ),
    policy: Type.Optional(targetText('The existing NetworkPolicy (remove-peer, remove-port).')),
    peer: Type.Optional(
      targetText('Who is cut off: a workload at the other end. With new-policy all are if it is left out.'),
    ),
    port: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: 65535,
        description: 'The port of the pods that is lost (remove-port); 53 is DNS.',
      }),
    ),
    target: Type.Optional(targetText('The workload whose pods the new policy selects (new-policy).')),
    direction: Type.Optional(
      Type.Union([Type.Literal('ingress'), Type.Literal('egress'), Type.Literal('dns')], {
        description: 'Of the new policy; "dns": egress that forgets name resolution. Default "ingress".',
      }),
    ),
    name: Type.Optional(
      Type.String({
        pattern: '^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$',
        description: 'Name of the new policy; by default one in the style of the others.',
      }),
    ),
  },
  {
    additionalProperties: false,
    examples: [
      {
        variant: 'remove-peer',
        policy: 'fulfilment/NetworkPolicy/payment',
        peer: 'fulfilment/Deployment/checkout',
      },
    ],
  },
);
type Arguments = Static<typeof Arguments>;

/** A network policy that lets too little through. */
export const networkPolicyDeny: Fault<Arguments> = {
  name: 'network-policy-deny',
  summary: 'A NetworkPolicy no longer lets a peer, a port or DNS through',
  description:
    'An allow policy loses a peer or a port, or a new policy is added that allows too little. Packets are dropped silently: there is no Event, pods stay healthy, and callers run into timeouts (not refusals). ' +
    "Established connections are not cut, so the plan restarts one end of them. The argument check works out with Kubernetes' own rules (policies add up; an empty list of peers means everybody) that a call which passes now really no longer does.",
  category: 'policy',
  tags: ['network', 'policy'],
  schema: Arguments,
  requires: ['network-policy'],
  suggest: (view) => suggestions(view).find((args) => networkPolicyDeny.check(args, view).length === 0),
  check(args, view) {
    const problems = formProblems(args);
    if (problems.length > 0) return problems;
    const objects: ArgumentProblem[] = [];
    if (args.policy !== undefined)
      objects.push(
        ...[resolveTarget(view, args.policy, ['NetworkPolicy'], '/policy').problem].filter(
          (p) => p !== undefined,
        ),
      );
    // the load generator is a peer like others: cutting it off is cutting off the users
    if (args.peer !== undefined)
      objects.push(
        ...[resolveTarget(view, args.peer, workloadKinds, '/peer').problem].filter((p) => p !== undefined),
      );
    if (args.target !== undefined)
      objects.push(...[resolveWorkload(view, args.target, '/target').problem].filter((p) => p !== undefined));
    if (objects.length > 0) return objects;
    const change = changeOf(args, view);
    if ('problem' in change) return [change.problem];
    const { calls, lookups } = lost(view, change);
    if (calls.length > 0 || lookups.length > 0) return [];
    return [
      {
        path: args.peer === undefined ? '/variant' : '/peer',
        message: 'no call of the application would be cut off by this',
        hint: 'another policy still allows it, or nothing uses it',
      },
    ];
  },
  plan(args, view) {
    const change = changeOf(args, view);
    if ('problem' in change) throw new Error(`planned without a check: ${change.problem.message}`);
    const { calls, lookups } = lost(view, change);
    const renewed =
      calls.length > 0
        ? renewConnections(view, calls, change.direction === 'egress' ? 'caller' : 'callee')
        : [];
    // names are looked up for new connections only
    const restarted: readonly PlannedOperation[] =
      calls.length > 0 ? renewed : lookups.map((w, i) => restart(w, 15_000 + i * 4000));
    const gone = new Set(
      restarted.flatMap((op) => (op.action.verb === 'delete-pods' ? [op.action.owner.name] : [])),
    );
    const witnesses = (calls.length > 0 ? callersOf(view, calls) : lookups).filter(
      (w) => !gone.has(w.metadata.name),
    );
    return {
      operations: [{ role: 'cause', atMs: 0, summary: change.summary, action: change.action }, ...restarted],
      expectations: [
        ...witnesses
          .slice(0, 1)
          .map((w) => must(log(w, failureSeenBy(w, calls), settledMs(view, restarted)), within.log)),
        ...calls
          .flatMap((call) => call.callees)
          .slice(0, 1)
          .map((w) => mustNot(container(w, 'ImagePullBackOff'))),
        ...calls
          .flatMap((call) => call.callees)
          .slice(0, 1)
          .map((w) => mustNot(container(w, 'OOMKilled'))),
      ],
    };
  },
};

/** Lost calls run into time-outs; of lost look-ups, whatever is called tells. */
function failureSeenBy(witness: KubeObject, calls: readonly Dependency[]): string {
  const upstreams = calls.filter(({ caller }) => caller === witness).map(({ upstream }) => upstream);
  return upstreams.length > 0 ? failedCall(upstreams, errorTexts.timeout) : errorTexts.lookup;
}

/** Arguments that do not go together. */
function formProblems(args: Arguments): ArgumentProblem[] {
  const needs = {
    'remove-peer': ['policy', 'peer'],
    'remove-port': ['policy', 'port'],
    'new-policy': ['target'],
  } as const;
  const allows = {
    'remove-peer': ['policy', 'peer'],
    'remove-port': ['policy', 'port'],
    'new-policy': ['target', 'peer', 'direction', 'name'],
  } as const;
  const problems: ArgumentProblem[] = [];
  for (const name of needs[args.variant])
    if (args[name] === undefined)
      problems.push({ path: '/variant', message: `variant "${args.variant}" needs ${name}` });
  for (const name of ['policy', 'peer', 'port', 'target', 'direction', 'name'] as const)
    if (args[name] !== undefined && !(allows[args.variant] as readonly string[]).includes(name))
      problems.push({ path: `/${name}`, message: `${name} does not go with variant "${args.variant}"` });
  return problems;
}

function changeOf(args: Arguments, view: ClusterView): PolicyChange | { readonly problem: ArgumentProblem } {
  if (args.variant === 'new-policy') {
    const peer = args.peer === undefined ? undefined : target(view, args.peer);
    return newPolicy(view, target(view, args.target ?? ''), args.direction ?? 'ingress', peer, args.name);
  }
  const policy = target(view, args.policy ?? '', ['NetworkPolicy']);
  return args.variant === 'remove-peer'
    ? withoutPeer(view, policy, target(view, args.peer ?? ''))
    : withoutPort(policy, args.port ?? 0);
}

/** Calls and name lookups that pass now and no longer do after the change. */
function lost(
  view: ClusterView,
  change: PolicyChange,
): { calls: readonly Dependency[]; lookups: readonly KubeObject[] } {
  const before = policiesOf(view);
  const after = [...before.filter((p) => p !== change.replaces), change.policy];
  return {
    calls: callsLost(view, dependencies(view), before, after),
    lookups: lookupsLost(view, workloadsOf(view), before, after),
  };
}

/** Arguments worth a try, most natural first. */
function* suggestions(view: ClusterView): Generator<Arguments> {
  const workloads = byImportance(view, workloadsOf(view));
  for (const policy of policiesOf(view))
    for (const workload of workloads)
      for (const caller of callersOf(view, callsTo(view, workload)))
        if (workload.metadata.namespace === policy.metadata.namespace)
          yield { variant: 'remove-peer', policy: nameOf(policy), peer: nameOf(caller) };
  for (const policy of policiesOf(view))
    for (const call of dependencies(view))
      yield { variant: 'remove-port', policy: nameOf(policy), port: call.podPort };
  for (const workload of workloads)
    for (const call of callsTo(view, workload))
      yield {
        variant: 'new-policy',
        target: nameOf(workload),
        direction: 'ingress',
        peer: nameOf(call.caller),
      };
  for (const workload of workloads)
    if (callsFrom(view, workload).length > 0)
      yield { variant: 'new-policy', target: nameOf(workload), direction: 'dns' };
}
