import { type Static, Type } from 'typebox';
import { nearest } from '../../base/nearest.ts';
import { parseQuantity } from '../../kube/quantity.ts';
import type { KubeObject } from '../../spec/kube-types.ts';
import { byImportance } from '../call-graph.ts';
import { alertAbout, container, event, must, mustNot, within } from '../expectations.ts';
import type { ArgumentProblem, ClusterView, Fault } from '../fault.ts';
import { recordAt, textsAt } from '../json-access.ts';
import { patch, replacePods, restart } from '../operations.ts';
import { formatResource } from '../quantities.ts';
import { quotaUse, workloadUse } from '../quota-use.ts';
import { resolveTarget, resolveWorkload, target, targetText } from '../targets.ts';
import { nameOf, objectsOf, replacementOf, workloadsOf } from '../workloads.ts';

const kinds = ['Deployment', 'StatefulSet'] as const;

const Arguments = Type.Object(
  {
    quota: targetText('The ResourceQuota that is lowered.'),
    resource: Type.Optional(
      Type.String({
        description:
          'A resource of its spec.hard, such as "pods" or "limits.memory"; by default the first that suits.',
      }),
    ),
    target: targetText('The workload of the same namespace that loses its pods and cannot get them back.'),
    hard: Type.Optional(
      Type.String({
        description: 'The new value; by default below what is left in use when the target has lost its pods.',
      }),
    ),
    trigger: Type.Optional(
      Type.Union([Type.Literal('delete-pods'), Type.Literal('restart')], {
        description: 'How the pods are lost; a restart works where the strategy takes all old pods down.',
      }),
    ),
  },
  {
    additionalProperties: false,
    examples: [
      {
        quota: 'storefront/ResourceQuota/compute',
        resource: 'requests.memory',
        target: 'storefront/Deployment/pricing',
      },
    ],
  },
);
type Arguments = Static<typeof Arguments>;

/** A quota is lowered below what is in use; pods that are lost cannot be made again. */
export const resourceQuotaExhausted: Fault<Arguments> = {
  name: 'resource-quota-exhausted',
  summary: 'A quota is lowered below use, and pods that are lost do not come back',
  description:
    'A clean-up lowers a ResourceQuota of the namespace below what is in use. Quotas act on new pods only, so all goes well until pods are replaced: then the ReplicaSet is refused (FailedCreate, exceeded quota) ' +
    'and the workload stays below its replicas. There is no pending pod and no log line: the pods are simply not there. The plan lowers the quota and then deletes the pods of a workload, as a node drain would.',
  category: 'admission',
  tags: ['quota'],
  schema: Arguments,
  requires: [],
  suggest(view) {
    for (const quota of objectsOf(view, 'ResourceQuota'))
      for (const resource of suitableResources(quota))
        for (const workload of byImportance(view, workloadsOf(view))) {
          const args = { quota: nameOf(quota), resource, target: nameOf(workload) };
          if (
            workload.metadata.namespace === quota.metadata.namespace &&
            resourceQuotaExhausted.check(args, view).length === 0
          )
            return args;
        }
    return undefined;
  },
  check(args, view) {
    const quota = resolveTarget(view, args.quota, ['ResourceQuota'], '/quota');
    const workload = resolveWorkload(view, args.target, '/target', kinds);
    const problems: ArgumentProblem[] = [quota.problem, workload.problem].filter((p) => p !== undefined);
    if (quota.object === undefined || workload.object === undefined) return problems;
    const { object } = quota;
    if (object.metadata.namespace !== workload.object.metadata.namespace)
      problems.push({
        path: '/target',
        message: `${nameOf(workload.object)} is not in the namespace of ${nameOf(object)}`,
      });
    if (
      object.spec !== undefined &&
      (recordAt(object, 'spec', 'scopeSelector').matchExpressions !== undefined ||
        Array.isArray(recordAt(object, 'spec').scopes))
    )
      problems.push({
        path: '/quota',
        message: `${nameOf(object)} has scopes; only quotas on all pods are understood`,
      });
    const known = Object.keys(recordAt(object, 'spec', 'hard'));
    if (args.resource !== undefined && !known.includes(args.resource)) {
      const near = nearest(args.resource, known);
      problems.push({
        path: '/resource',
        message: `${nameOf(object)} does not limit "${args.resource}"`,
        hint: near ? `did you mean "${near}"?` : `it limits ${known.join(', ')}`,
      });
    }
    if (args.trigger === 'restart' && !replacementOf(workload.object).takesAllDown)
      problems.push({
        path: '/trigger',
        message: `${nameOf(workload.object)} keeps its old pods while new ones are refused, so users would not notice`,
        hint: 'use delete-pods',
      });
    if (problems.length > 0) return problems;
    const resource = resourceOf(args, object, workload.object, view);
    if (resource === undefined)
      return [
        {
          path: args.resource === undefined ? '/quota' : '/resource',
          message: `pods of ${nameOf(workload.object)} use nothing that ${nameOf(object)} limits`,
        },
      ];
    const left = leftInUse(view, object, workload.object, resource);
    const hard = args.hard === undefined ? undefined : parseQuantity(args.hard);
    if (args.hard !== undefined && hard === undefined)
      problems.push({ path: '/hard', message: `"${args.hard}" is not a quantity` });
    else if (hard !== undefined && hard >= left + workloadUse(view, workload.object, resource, 1))
      problems.push({
        path: '/hard',
        message: `${args.hard} of ${resource} leaves room for pods of ${nameOf(workload.object)}`,
        hint: `${formatResource(resource, left)} are used by others`,
      });
    return problems;
  },
  plan(args, view) {
    const quota = target(view, args.quota, ['ResourceQuota']);
    const workload = target(view, args.target, kinds);
    const resource = resourceOf(args, quota, workload, view);
    if (resource === undefined) throw new Error('planned without a check');
    const before =
      textsAt(quota, 'spec', 'hard')[resource] ?? String(recordAt(quota, 'spec', 'hard')[resource]);
    // some room below what the others use: pods of an autoscaled neighbour may go and must not make place
    const hard =
      args.hard ??
      rounded(resource, leftInUse(view, quota, workload, resource) * (0.9 + 0.05 * view.random('hard')));
    const body = { spec: { hard: { [resource]: hard } } };
    const controller = workload.kind === 'Deployment' ? 'ReplicaSet' : workload.kind;
    return {
      operations: [
        patch(
          'cause',
          quota,
          'merge',
          body,
          `lower ${resource} of ${nameOf(quota)} from ${before} to ${hard}`,
        ),
        args.trigger === 'restart' ? restart(workload) : replacePods(workload),
      ],
      expectations: [
        must(event(workload, controller, 'FailedCreate', 'exceeded quota'), within.event),
        mustNot(container(workload, 'ImagePullBackOff')),
        mustNot(container(workload, 'CrashLoopBackOff')),
        ...alertAbout(
          view,
          workload.kind === 'Deployment'
            ? ['KubeDeploymentReplicasMismatch']
            : ['KubeStatefulSetReplicasMismatch'],
          workload,
        ),
      ],
    };
  },
};

function suitableResources(quota: KubeObject): readonly string[] {
  const preferred = [
    'pods',
    'limits.memory',
    'limits.cpu',
    'requests.memory',
    'requests.cpu',
    'memory',
    'cpu',
  ];
  const hard = recordAt(quota, 'spec', 'hard');
  return preferred.filter((resource) => resource in hard);
}

function resourceOf(
  args: Arguments,
  quota: KubeObject,
  workload: KubeObject,
  view: ClusterView,
): string | undefined {
  const candidates = args.resource === undefined ? suitableResources(quota) : [args.resource];
  return candidates.find((resource) => workloadUse(view, workload, resource, 1) > 0);
}

/** What the other pods use when the target has none. */
function leftInUse(view: ClusterView, quota: KubeObject, workload: KubeObject, resource: string): number {
  return Math.max(0, quotaUse(view, quota, resource) - workloadUse(view, workload, resource));
}

/** A round number as a person would type it, not above the value. */
function rounded(resource: string, value: number): string {
  if (resource.endsWith('memory')) {
    const step = value >= 8 * 1024 ** 3 ? 1024 ** 3 : value >= 1024 ** 3 ? 256 * 1024 ** 2 : 32 * 1024 ** 2;
    return formatResource(resource, Math.floor(value / step) * step);
  }
  if (resource.endsWith('cpu')) {
    const step = value >= 4 ? 0.5 : 0.1;
    return formatResource(resource, Math.floor(value / step) * step);
  }
  return formatResource(resource, value);
}
