import { entityName } from '../spec/entity-name.ts';
import type { KubeObject, ObjectRef } from '../spec/kube-types.ts';
import type { Program } from '../spec/program.ts';
import { applyMergePatch } from './apply-patch.ts';
import type { ClusterView } from './fault.ts';
import { isRecord, listAt, numberAt, recordAt, textAt, textsAt } from './json-access.ts';

/** Kinds that own pods and stay. */
export const workloadKinds = ['Deployment', 'StatefulSet', 'DaemonSet'] as const;

/** A container of a pod template, with its place in `containers`. */
export interface TemplateContainer {
  readonly index: number;
  readonly name: string;
  readonly image: string;
  readonly raw: Readonly<Record<string, unknown>>;
}

/** Reference to an object as operations name it. */
export function refOf(object: KubeObject): ObjectRef {
  const { name, namespace } = object.metadata;
  return {
    apiVersion: object.apiVersion,
    kind: object.kind,
    ...(namespace === undefined ? {} : { namespace }),
    name,
  };
}

/** `namespace/Kind/name` of an object. */
export function nameOf(object: KubeObject): string {
  return entityName({ kind: object.kind, name: object.metadata.name, namespace: object.metadata.namespace });
}

/** Objects of a kind, in the view's order. */
export function objectsOf(view: ClusterView, kind: string, namespace?: string): readonly KubeObject[] {
  return view.objects.filter(
    (o) => o.kind === kind && (namespace === undefined || o.metadata.namespace === namespace),
  );
}

/** Deployments, StatefulSets and DaemonSets in the application's namespaces, without the load generator. */
export function workloadsOf(view: ClusterView): readonly KubeObject[] {
  const { namespaces, load } = view.application.file;
  return view.objects.filter(
    (o) =>
      (workloadKinds as readonly string[]).includes(o.kind) &&
      namespaces.includes(o.metadata.namespace ?? '') &&
      !(o.metadata.namespace === load.namespace && o.metadata.name === load.workload),
  );
}

/** Whether the object is the load generator's workload, which stands for the users and is never at fault. */
export function isLoadGenerator(view: ClusterView, object: KubeObject): boolean {
  const { load } = view.application.file;
  return object.metadata.namespace === load.namespace && object.metadata.name === load.workload;
}

/** Containers of a workload's pod template. */
export function containersOf(workload: KubeObject): readonly TemplateContainer[] {
  return listAt(workload, 'spec', 'template', 'spec', 'containers').flatMap((raw, index) =>
    isRecord(raw) ? [{ index, name: textAt(raw, 'name') ?? '', image: textAt(raw, 'image') ?? '', raw }] : [],
  );
}

/** The container that runs a program of the application (with the workload's own name, if several do), else the first. */
export function mainContainer(view: ClusterView, workload: KubeObject): TemplateContainer | undefined {
  const containers = containersOf(workload);
  const known = containers.filter((c) => view.application.programs.has(splitImage(c.image).repository));
  return known.find((c) => c.name === workload.metadata.name) ?? known[0] ?? containers[0];
}

/** Repository and tag of an image reference (`registry:5000/a/b:v1` has the tag `v1`; none means `latest`). */
export function splitImage(image: string): { repository: string; tag: string } {
  const colon = image.lastIndexOf(':');
  if (colon <= image.lastIndexOf('/')) return { repository: image, tag: 'latest' };
  return { repository: image.slice(0, colon), tag: image.slice(colon + 1) };
}

/** Program behind an image, with what its release changes applied; `undefined` if the application has none. */
function programOfImage(view: ClusterView, image: string): Program | undefined {
  const { repository, tag } = splitImage(image);
  const program = view.application.programs.get(repository);
  const changes = program?.releases.find((release) => release.tag === tag)?.changes;
  return changes === undefined ? program : (applyMergePatch(program, changes) as Program);
}

/** Program of a workload's main container. */
export function programOf(view: ClusterView, workload: KubeObject): Program | undefined {
  const container = mainContainer(view, workload);
  return container && programOfImage(view, container.image);
}

/** Replicas the workload wants; a DaemonSet counts as one per node of unknown number, hence 1. */
export function replicasOf(workload: KubeObject): number {
  return numberAt(workload, 'spec', 'replicas') ?? 1;
}

/** Labels of the pods of a workload. */
export function podLabelsOf(workload: KubeObject): Readonly<Record<string, string>> {
  return textsAt(workload, 'spec', 'template', 'metadata', 'labels');
}

/** Whether labels satisfy a label selector (`matchLabels` and `matchExpressions`); an empty one selects everything. */
export function selects(selector: unknown, labels: Readonly<Record<string, string>>): boolean {
  for (const [name, value] of Object.entries(textsAt(selector, 'matchLabels')))
    if (labels[name] !== value) return false;
  for (const expression of listAt(selector, 'matchExpressions')) {
    const name = textAt(expression, 'key') ?? '';
    const values = listAt(expression, 'values');
    const value = Object.hasOwn(labels, name) ? labels[name] : undefined;
    switch (textAt(expression, 'operator')) {
      case 'In':
        if (value === undefined || !values.includes(value)) return false;
        break;
      case 'NotIn':
        if (value !== undefined && values.includes(value)) return false;
        break;
      case 'Exists':
        if (value === undefined) return false;
        break;
      case 'DoesNotExist':
        if (value !== undefined) return false;
        break;
      default:
        return false;
    }
  }
  return true;
}

/** Workloads whose pods a Service selects; none for a Service without a selector. */
export function workloadsBehind(view: ClusterView, service: KubeObject): readonly KubeObject[] {
  const selector = textsAt(service, 'spec', 'selector');
  if (Object.keys(selector).length === 0) return [];
  return view.objects.filter(
    (o) =>
      (workloadKinds as readonly string[]).includes(o.kind) &&
      o.metadata.namespace === service.metadata.namespace &&
      selects({ matchLabels: selector }, podLabelsOf(o)),
  );
}

/** HorizontalPodAutoscaler that scales a workload. */
export function autoscalerOf(view: ClusterView, workload: KubeObject): KubeObject | undefined {
  return objectsOf(view, 'HorizontalPodAutoscaler', workload.metadata.namespace).find(
    (hpa) =>
      textAt(hpa, 'spec', 'scaleTargetRef', 'kind') === workload.kind &&
      textAt(hpa, 'spec', 'scaleTargetRef', 'name') === workload.metadata.name,
  );
}

/** How a workload replaces its pods when the template changes. */
export function replacementOf(workload: KubeObject): { takesAllDown: boolean; type: string } {
  if (workload.kind === 'Deployment') {
    const type = textAt(workload, 'spec', 'strategy', 'type') ?? 'RollingUpdate';
    if (type === 'Recreate') return { type, takesAllDown: true };
    const replicas = replicasOf(workload);
    return {
      type,
      takesAllDown:
        unavailable(recordAt(workload, 'spec', 'strategy', 'rollingUpdate').maxUnavailable, replicas) >=
        replicas,
    };
  }
  const type = textAt(workload, 'spec', 'updateStrategy', 'type') ?? 'RollingUpdate';
  // a StatefulSet replaces from the last ordinal and stops at the first that is not ready
  return {
    type,
    takesAllDown: workload.kind === 'StatefulSet' && type === 'RollingUpdate' && replicasOf(workload) === 1,
  };
}

/** Whether a rolling update waits with every old pod until its successor is ready, so that one that never is harms nobody. */
export function keepsOldPods(workload: KubeObject): boolean {
  if (workload.kind !== 'Deployment' || replacementOf(workload).type !== 'RollingUpdate') return false;
  const { maxUnavailable } = recordAt(workload, 'spec', 'strategy', 'rollingUpdate');
  return unavailable(maxUnavailable, replicasOf(workload)) === 0;
}

function unavailable(value: unknown, replicas: number): number {
  if (typeof value === 'number') return value;
  const percent = /^(\d+)%$/.exec(typeof value === 'string' ? value : '25%');
  return percent ? Math.floor((Number(percent[1]) * replicas) / 100) : 0;
}
