import { type Static, Type } from 'typebox';
import { parseQuantity } from '../../kube/quantity.ts';
import type { KubeObject } from '../../spec/kube-types.ts';
import { byImportance } from '../call-graph.ts';
import { alert, alertRules } from '../expectations.ts';
import type { ArgumentProblem, ClusterView, Distractor } from '../fault.ts';
import { at, listAt, numberAt, recordAt, textAt } from '../json-access.ts';
import { patch } from '../operations.ts';
import { formatResource } from '../quantities.ts';
import { quotaUse } from '../quota-use.ts';
import { resolveTarget, target, targetText } from '../targets.ts';
import { autoscalerOf, nameOf, objectsOf, replicasOf, workloadsOf } from '../workloads.ts';

const alerts = {
  HorizontalPodAutoscaler: ['KubeHpaMaxedOut'],
  ResourceQuota: ['KubeQuotaAlmostFull', 'KubeQuotaFullyUsed'],
} as const;
const kinds = ['HorizontalPodAutoscaler', 'ResourceQuota'] as const;

const Arguments = Type.Object(
  {
    target: targetText(
      'A HorizontalPodAutoscaler that will run at its maximum, or a ResourceQuota that will be nearly full.',
    ),
    resource: Type.Optional(
      Type.String({ description: 'The resource of the quota; by default "pods", else its first.' }),
    ),
  },
  { additionalProperties: false, examples: [{ target: 'storefront/HorizontalPodAutoscaler/web-frontend' }] },
);
type Arguments = Static<typeof Arguments>;

/** An alert that fires for a reason of its own and harms nobody. */
export const noisyAlert: Distractor<Arguments> = {
  name: 'noisy-alert',
  summary: 'An alert of its own: an autoscaler at its maximum, or a quota nearly full',
  description:
    'An operator makes an autoscaler eager (a low target and a maximum one above what runs), so that it goes to its maximum and stays there; or trims a quota to a little above use. The alert is real and its reason is real, but no user feels it: ' +
    'there are more pods than needed, or nobody needs the room.',
  schema: Arguments,
  requires: [],
  suggest(view) {
    const hpa = byImportance(view, workloadsOf(view))
      .map((w) => autoscalerOf(view, w))
      .findLast((o) => o !== undefined && noisyAlert.check({ target: nameOf(o) }, view).length === 0);
    const quota = objectsOf(view, 'ResourceQuota').find(
      (o) => noisyAlert.check({ target: nameOf(o) }, view).length === 0,
    );
    const chosen = hpa ?? quota;
    return chosen && { target: nameOf(chosen) };
  },
  check(args, view) {
    const { object, problem } = resolveTarget(view, args.target, kinds, '/target');
    if (object === undefined) return [problem];
    const problems: ArgumentProblem[] = [];
    const names = alerts[object.kind as (typeof kinds)[number]];
    if (!names.some((name) => alertRules(view.application.rules).has(name)))
      problems.push({
        path: '/target',
        message: `the application has no alert for it`,
        hint: `needed: ${names.join(' or ')} in rules.yaml`,
      });
    if (object.kind === 'HorizontalPodAutoscaler') {
      if (args.resource !== undefined)
        problems.push({ path: '/resource', message: 'resource goes with a ResourceQuota' });
      if (utilisationIndex(object) < 0)
        problems.push({
          path: '/target',
          message: `${nameOf(object)} does not scale on CPU or memory utilisation`,
        });
      if (scaled(view, object) === undefined)
        problems.push({
          path: '/target',
          message: `what ${nameOf(object)} scales is not in the application`,
        });
    } else if (args.resource !== undefined && recordAt(object, 'spec', 'hard')[args.resource] === undefined)
      problems.push({
        path: '/resource',
        message: `${nameOf(object)} does not limit "${args.resource}"`,
        hint: `it limits ${Object.keys(recordAt(object, 'spec', 'hard')).join(', ')}`,
      });
    else if (trimmed(args, view, object) === undefined)
      problems.push({
        path: '/target',
        message: `nothing that ${nameOf(object)} limits is used enough for a limit just above use`,
      });
    return problems;
  },
  plan(args, view) {
    const object = target(view, args.target, kinds);
    if (object.kind === 'HorizontalPodAutoscaler')
      return { operations: [eager(view, object)], expectations: alert(view, alerts.HorizontalPodAutoscaler) };
    const change = trimmed(args, view, object);
    if (change === undefined) throw new Error('planned without a check');
    const summary = `lower ${change.resource} of ${nameOf(object)} to ${change.hard}`;
    return {
      operations: [
        patch('cover', object, 'merge', { spec: { hard: { [change.resource]: change.hard } } }, summary),
      ],
      expectations: alert(view, alerts.ResourceQuota, { namespace: object.metadata.namespace ?? '' }),
    };
  },
};

function eager(view: ClusterView, hpa: KubeObject) {
  const workload = scaled(view, hpa);
  if (workload === undefined) throw new Error('planned without a check');
  const index = utilisationIndex(hpa);
  const metrics = structuredClone(listAt(hpa, 'spec', 'metrics')).map((metric, i) =>
    i !== index
      ? metric
      : {
          ...(metric as object),
          resource: {
            ...recordAt(metric, 'resource'),
            target: { type: 'Utilization', averageUtilization: 5 },
          },
        },
  );
  const now = Math.max(replicasOf(workload), numberAt(hpa, 'spec', 'minReplicas') ?? 1);
  const maxReplicas = Math.max(now + 1, (numberAt(hpa, 'spec', 'minReplicas') ?? 1) + 1);
  return patch(
    'cover',
    hpa,
    'merge',
    { spec: { maxReplicas, metrics } },
    `let ${nameOf(hpa)} scale at 5 % utilisation, to at most ${maxReplicas}`,
  );
}

function utilisationIndex(hpa: KubeObject): number {
  return listAt(hpa, 'spec', 'metrics').findIndex(
    (m) =>
      textAt(m, 'type') === 'Resource' && at(m, 'resource', 'target', 'averageUtilization') !== undefined,
  );
}

function scaled(view: ClusterView, hpa: KubeObject): KubeObject | undefined {
  return view.objects.find(
    (o) => ['Deployment', 'StatefulSet'].includes(o.kind) && autoscalerOf(view, o) === hpa,
  );
}

/** A limit that is full to some 95 percent. */
function trimmed(
  args: Arguments,
  view: ClusterView,
  quota: KubeObject,
): { resource: string; hard: string } | undefined {
  const hard = recordAt(quota, 'spec', 'hard');
  const candidates =
    args.resource !== undefined
      ? [args.resource]
      : ['pods', ...Object.keys(hard).filter((r) => r !== 'pods')];
  for (const resource of candidates) {
    const used = quotaUse(view, quota, resource);
    const step = resource.endsWith('memory') ? 16 * 1024 ** 2 : resource.endsWith('cpu') ? 0.01 : 1;
    const value = Math.max(Math.floor(used / 0.95 / step) * step, used + step);
    const limit = parseQuantity(hard[resource]);
    if (limit !== undefined && used > 0 && value < limit && used / value > 0.9)
      return { resource, hard: formatResource(resource, value) };
  }
  return undefined;
}
