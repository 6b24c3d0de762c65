import { type Static, Type } from 'typebox';
import type { Cover } from '../fault.ts';
import { patch } from '../operations.ts';
import { resolveTarget, target, targetText } from '../targets.ts';
import { nameOf, workloadsOf } from '../workloads.ts';

const kinds = [
  'Deployment',
  'StatefulSet',
  'DaemonSet',
  'Service',
  'ConfigMap',
  'HorizontalPodAutoscaler',
] as const;

const Arguments = Type.Object(
  {
    target: targetText('The object that is annotated (not its pods).'),
    annotation: Type.Optional(
      Type.String({ description: 'Name of the annotation; default "kubernetes.io/change-cause".' }),
    ),
    value: Type.Optional(Type.String({ description: 'Its text.' })),
  },
  {
    additionalProperties: false,
    examples: [{ target: 'storefront/Deployment/ads', value: 'quarterly review' }],
  },
);
type Arguments = Static<typeof Arguments>;

const notes = [
  'quarterly review of requests',
  'runbook link checked',
  'owner moved to platform team',
  'cost centre added',
  'reviewed after load test',
];

/** A note on an object. */
export const annotate: Cover<Arguments> = {
  name: 'annotate',
  summary: 'An annotation is set',
  description: 'Somebody writes a note on an object. Nothing restarts.',
  schema: Arguments,
  requires: [],
  suggest(view) {
    const workload = workloadsOf(view)[0];
    return workload && { target: nameOf(workload) };
  },
  check: (args, view) =>
    [resolveTarget(view, args.target, kinds, '/target').problem].filter((p) => p !== undefined),
  plan(args, view) {
    const object = target(view, args.target, kinds);
    const name = args.annotation ?? 'kubernetes.io/change-cause';
    const value = args.value ?? notes[Math.floor(view.random('note') * notes.length)] ?? 'reviewed';
    const body = { metadata: { annotations: { [name]: value } } };
    return {
      operations: [patch('cover', object, 'merge', body, `annotate ${nameOf(object)} with ${name}`)],
      expectations: [],
    };
  },
};
