import { type Static, Type } from 'typebox';
import { byImportance } from '../call-graph.ts';
import { alert, event, must, within } from '../expectations.ts';
import type { ArgumentProblem, ClusterView, Fault, PlannedExpectation } from '../fault.ts';
import { resolveWorkload, target, targetText } from '../targets.ts';
import { nameOf, objectsOf, programOf, refOf, replicasOf, workloadsOf } from '../workloads.ts';

const kinds = ['Deployment', 'StatefulSet'] as const;
/** Default tolerations of 300 s after the node was found not ready (40 to 50 s), then the new pods. */
const evictionMs = 420_000;

const Arguments = Type.Object(
  {
    node: Type.Optional(Type.String({ description: 'Name of the node that stops.' })),
    hosting: Type.Optional(
      targetText('Stop the node that runs the most pods of this workload when it happens.'),
    ),
  },
  { additionalProperties: false, examples: [{ hosting: 'storefront/StatefulSet/cart-redis' }] },
);
type Arguments = Static<typeof Arguments>;

/** A node stops reporting; its pods are evicted after the tolerations' time. */
export const nodeUnavailable: Fault<Arguments> = {
  name: 'node-unavailable',
  summary: 'A node stops reporting, and its pods are evicted after five minutes',
  description:
    'The kubelet of a node stops reporting and its containers stop answering, as when a machine dies. After some forty seconds the node is NotReady and its pods leave the Services; ' +
    'until then a share of the requests runs into timeouts. After the default tolerations of 300 seconds the pods are evicted (TaintManagerEviction) and replaced elsewhere. ' +
    'A workload with a single pod there is gone all that time.',
  category: 'infrastructure',
  tags: ['node'],
  schema: Arguments,
  requires: ['node-control'],
  suggest(view) {
    const workloads = byImportance(view, workloadsOf(view)).filter(
      (w) => nodeUnavailable.check({ hosting: nameOf(w) }, view).length === 0,
    );
    const single =
      workloads.find((w) => replicasOf(w) === 1 && programOf(view, w)?.kind === 'service') ?? workloads[0];
    return single && { hosting: nameOf(single) };
  },
  check(args, view) {
    const problems: ArgumentProblem[] = [];
    if ((args.node === undefined) === (args.hosting === undefined))
      problems.push({ path: '', message: 'give either node or hosting' });
    else if (args.hosting !== undefined) {
      const { problem } = resolveWorkload(view, args.hosting, '/hosting', kinds);
      if (problem !== undefined) problems.push(problem);
    } else {
      // manifests hold no nodes; only a view of a live cluster can tell
      const nodes = objectsOf(view, 'Node').map((n) => n.metadata.name);
      if (nodes.length > 0 && !nodes.includes(args.node ?? ''))
        problems.push({
          path: '/node',
          message: `the cluster has no node "${args.node}"`,
          hint: `known: ${nodes.join(', ')}`,
        });
    }
    return problems;
  },
  plan(args, view) {
    const ready: PlannedExpectation[] = [
      must(
        {
          type: 'event',
          namespace: 'default',
          reason: 'NodeNotReady',
          kind: 'Node',
          ...(args.node === undefined ? {} : { name: args.node }),
        },
        within.event,
      ),
      ...alert(
        view,
        ['KubeNodeNotReady', 'KubeNodeUnreachable'],
        args.node === undefined ? {} : { node: args.node },
      ),
    ];
    if (args.node !== undefined)
      return {
        operations: [
          {
            role: 'cause',
            atMs: 0,
            summary: `node ${args.node} stops`,
            action: { verb: 'stop-node', node: args.node },
          },
        ],
        expectations: ready,
      };
    const workload = hosted(args, view);
    return {
      operations: [
        {
          role: 'cause',
          atMs: 0,
          summary: `the node that runs ${nameOf(workload)} stops`,
          action: { verb: 'stop-node-of', owner: refOf(workload) },
        },
      ],
      expectations: [...ready, must(event(workload, 'Pod', 'TaintManagerEviction'), evictionMs)],
    };
  },
};

function hosted(args: Arguments, view: ClusterView) {
  return target(view, args.hosting ?? '', kinds);
}
