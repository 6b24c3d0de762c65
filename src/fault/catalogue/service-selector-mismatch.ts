import { type Static, Type } from 'typebox';
import type { KubeObject } from '../../spec/kube-types.ts';
import { calledServices, callersOf, dependencies, podPortOf } from '../call-graph.ts';
import { container, errorTexts, failedCall, log, must, mustNot, settledMs, within } from '../expectations.ts';
import type { ArgumentProblem, ClusterView, Fault, PlannedOperation } from '../fault.ts';
import { at, isRecord, listAt, numberAt, textAt, textsAt } from '../json-access.ts';
import { allowsConnection, endOf, policiesOf } from '../network-policies.ts';
import { patch, renewConnections } from '../operations.ts';
import { resolveTarget, target, targetText } from '../targets.ts';
import { nameOf, podLabelsOf, programOf, selects, workloadKinds, workloadsBehind } from '../workloads.ts';

const Arguments = Type.Object(
  {
    service: targetText('The Service that no longer reaches its pods.'),
    variant: Type.Optional(
      Type.Union([Type.Literal('selector'), Type.Literal('target-port')], {
        description:
          '"selector": a label value that no pod has (default). "target-port": a port nobody listens on.',
      }),
    ),
    label: Type.Optional(
      Type.String({
        description:
          'Label of the selector that changes; by default the most telling one. A label the selector lacks is added.',
      }),
    ),
    value: Type.Optional(Type.String({ description: 'Its new value.' })),
    targetPort: Type.Optional(
      Type.Union([Type.Integer({ minimum: 1, maximum: 65535 }), Type.String()], {
        description: 'The new targetPort; by default a neighbouring number.',
      }),
    ),
  },
  { additionalProperties: false, examples: [{ service: 'fulfilment/Service/payment', variant: 'selector' }] },
);
type Arguments = Static<typeof Arguments>;

/** A Service whose selector or targetPort no longer fits its pods. */
export const serviceSelectorMismatch: Fault<Arguments> = {
  name: 'service-selector-mismatch',
  summary: 'A Service whose selector or targetPort no longer reaches its pods',
  description:
    'A label of the selector is renamed, or the targetPort is edited, and the Service no longer leads to its pods. The pods are healthy and idle, the Service has no endpoints (or ones where nobody listens), and callers are refused at once (or run into timeouts, where network policies do not let the wrong port through). ' +
    'Connections that are kept open survive such a change, so the plan restarts the pods behind the Service, or the callers where it leads to a store.',
  category: 'routing',
  tags: ['service', 'endpoints'],
  schema: Arguments,
  requires: [],
  suggest(view) {
    const services = calledServices(view).filter(
      (s) => serviceSelectorMismatch.check({ service: nameOf(s), variant: 'selector' }, view).length === 0,
    );
    const inner = services.find(
      (s) =>
        workloadsBehind(view, s).some((w) => programOf(view, w)?.kind === 'service') &&
        callersOf(view, callsOf(view, s)).length > 0,
    );
    const service = inner ?? services[0];
    return service && { service: nameOf(service), variant: 'selector' };
  },
  check(args, view) {
    const { object, problem } = resolveTarget(view, args.service, ['Service'], '/service');
    if (object === undefined) return [problem];
    const problems: ArgumentProblem[] = [];
    const behind = workloadsBehind(view, object);
    if (behind.length === 0)
      return [{ path: '/service', message: `${nameOf(object)} selects no pods even now` }];
    if (callsOf(view, object).length === 0)
      problems.push({
        path: '/service',
        message: `nothing calls ${nameOf(object)}`,
        hint: `these are called: ${calledServices(view).map(nameOf).join(', ')}`,
      });
    if (args.variant === 'target-port') {
      if (args.label !== undefined || args.value !== undefined)
        problems.push({ path: '/variant', message: 'label and value go with variant "selector"' });
      if (portEntry(object) === undefined)
        problems.push({ path: '/service', message: `${nameOf(object)} has no ports` });
      else if (args.targetPort !== undefined && listens(behind, args.targetPort))
        problems.push({
          path: '/targetPort',
          message: `the pods listen on ${args.targetPort}, so nothing would break`,
        });
      return problems;
    }
    if (args.targetPort !== undefined)
      problems.push({ path: '/targetPort', message: 'targetPort goes with variant "target-port"' });
    const selector = { ...textsAt(object, 'spec', 'selector'), ...changedLabel(args, view, object) };
    const still = view.objects.filter(
      (o) =>
        (workloadKinds as readonly string[]).includes(o.kind) &&
        o.metadata.namespace === object.metadata.namespace &&
        selects({ matchLabels: selector }, podLabelsOf(o)),
    );
    if (still.length > 0)
      problems.push({
        path: args.value === undefined ? '/label' : '/value',
        message: `the selector would still reach ${still.map(nameOf).join(', ')}`,
      });
    return problems;
  },
  plan(args, view) {
    const service = target(view, args.service, ['Service']);
    const calls = callsOf(view, service);
    const renewed = renewConnections(view, calls, 'callee');
    const callers = callersOf(view, calls);
    const gone = new Set(
      renewed.flatMap((op) => (op.action.verb === 'delete-pods' ? [op.action.owner.name] : [])),
    );
    return {
      operations: [
        args.variant === 'target-port'
          ? moveTargetPort(args, view, service)
          : changeSelector(args, view, service),
        ...renewed,
      ],
      expectations: [
        ...callers
          .filter((w) => !gone.has(w.metadata.name))
          .slice(0, 1)
          .map((caller) =>
            must(
              log(caller, failureSeenBy(args, view, service, caller), settledMs(view, renewed)),
              within.log,
            ),
          ),
        ...workloadsBehind(view, service).map((w) => mustNot(container(w, 'ImagePullBackOff'))),
      ],
    };
  },
};

function callsOf(view: ClusterView, service: KubeObject) {
  return dependencies(view).filter((d) => d.service === service);
}

function changeSelector(args: Arguments, view: ClusterView, service: KubeObject): PlannedOperation {
  const change = changedLabel(args, view, service);
  const [label = '', value = ''] = Object.entries(change)[0] ?? [];
  const before = textsAt(service, 'spec', 'selector')[label];
  const what =
    before === undefined
      ? `add ${label}=${value} to the selector of ${nameOf(service)}`
      : `change ${label} in the selector of ${nameOf(service)} from ${before} to ${value}`;
  return patch('cause', service, 'merge', { spec: { selector: change } }, what);
}

/** The label that changes, with its new value. */
function changedLabel(
  args: Arguments,
  view: ClusterView,
  service: KubeObject,
): Readonly<Record<string, string>> {
  const selector = textsAt(service, 'spec', 'selector');
  const order = ['app.kubernetes.io/name', 'app', 'k8s-app', 'name', 'app.kubernetes.io/component'];
  const label = args.label ?? order.find((name) => name in selector) ?? Object.keys(selector)[0] ?? 'app';
  const current = selector[label];
  const namespace = service.metadata.namespace ?? '';
  const slips =
    current === undefined
      ? ['v2', 'stable']
      : [`${current}-v2`, `${namespace}-${current}`, `${current}-api`, `${current}-svc`];
  return { [label]: args.value ?? slips[Math.floor(view.random('value') * slips.length)] ?? `${current}-v2` };
}

function moveTargetPort(args: Arguments, view: ClusterView, service: KubeObject): PlannedOperation {
  const entry = portEntry(service);
  if (entry === undefined) throw new Error('planned without a check');
  const port = numberAt(entry, 'port') ?? 80;
  const before = at(entry, 'targetPort') ?? port;
  const value = newTargetPort(args, view, service, entry);
  const protocol = textAt(entry, 'protocol');
  const body = {
    spec: { ports: [{ port, ...(protocol === undefined ? {} : { protocol }), targetPort: value }] },
  };
  return patch(
    'cause',
    service,
    'strategic',
    body,
    `change the targetPort of ${nameOf(service)} port ${port} from ${before} to ${value}`,
  );
}

function newTargetPort(
  args: Arguments,
  view: ClusterView,
  service: KubeObject,
  entry: Record<string, unknown>,
): number | string {
  if (args.targetPort !== undefined) return args.targetPort;
  const port = numberAt(entry, 'port') ?? 80;
  const behind = workloadsBehind(view, service);
  const now = podPortOf(service, port, behind[0]);
  const slips = [now + 1, now + 10, now + 1000, port].filter(
    (candidate) => candidate <= 65535 && !listens(behind, candidate),
  );
  return slips[Math.floor(view.random('port') * slips.length)] ?? now + 1;
}

/** A line about a failed call of this caller to the Service. */
function failureSeenBy(args: Arguments, view: ClusterView, service: KubeObject, caller: KubeObject): string {
  const upstreams = callsOf(view, service).filter((call) => call.caller === caller);
  return failedCall(
    upstreams.map(({ upstream }) => upstream),
    failureTexts(args, view, service, caller),
  );
}

/** Closed ports are refused at once; a port that network policies do not let through runs into timeouts. */
function failureTexts(args: Arguments, view: ClusterView, service: KubeObject, caller: KubeObject): string {
  const entry = portEntry(service);
  const port =
    args.variant !== 'target-port' || entry === undefined
      ? undefined
      : newTargetPort(args, view, service, entry);
  // a Service without endpoints refuses, unless the network plug-in asks an egress policy first and drops
  if (typeof port !== 'number') return `${errorTexts.refused}|${errorTexts.timeout}`;
  const passes = workloadsBehind(view, service).every((w) =>
    allowsConnection(view, policiesOf(view), endOf(caller), endOf(w), port),
  );
  return passes ? errorTexts.refused : errorTexts.timeout;
}

function portEntry(service: KubeObject): Record<string, unknown> | undefined {
  const ports = listAt(service, 'spec', 'ports').filter(isRecord);
  return ports.find((p) => textAt(p, 'name') !== 'metrics') ?? ports[0];
}

/** Whether a container of the workloads declares the port, by number or name. */
function listens(workloads: readonly KubeObject[], port: number | string): boolean {
  return workloads.some((w) =>
    listAt(w, 'spec', 'template', 'spec', 'containers').some((c) =>
      listAt(c, 'ports').some((p) => numberAt(p, 'containerPort') === port || textAt(p, 'name') === port),
    ),
  );
}
