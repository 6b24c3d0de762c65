import { inParallel } from '../base/in-parallel.ts';
import { byText } from '../base/order.ts';
import type { KubeClient } from '../kube/client.ts';
import { entityName } from '../spec/entity-name.ts';
import type { KubeObject } from '../spec/kube-types.ts';
import { diffFields, type FieldDifference, formatPath } from './field-paths.ts';
import { isRecord, listAt, textAt } from './json-access.ts';

/** Kinds that the cluster writes for itself. */
const automatic: ReadonlySet<string> = new Set([
  'Event',
  'Lease',
  'Endpoints',
  'EndpointSlice',
  'ControllerRevision',
  'ComponentStatus',
  'PodMetrics',
  'NodeMetrics',
  'CSINode',
  'CSIStorageCapacity',
]);
const listsAtOnce = 8;
const serverAnnotations: ReadonlySet<string> = new Set([
  'deployment.kubernetes.io/revision',
  'deprecated.daemonset.template.generation',
  'kubectl.kubernetes.io/last-applied-configuration',
]);

/** Something that is wanted differently than before. */
export interface DesiredDifference {
  readonly entity: string;
  /** Empty where the whole object came or went. */
  readonly path: string;
  readonly before: unknown;
  readonly after: unknown;
}

/** An object without what the server and controllers write: status, generation, revisions, identity, taints of a node's condition. */
export function desiredOf(object: KubeObject): Record<string, unknown> {
  const { status: _status, metadata, ...rest } = object;
  const annotations = Object.fromEntries(
    Object.entries(metadata.annotations ?? {}).filter(([name]) => !serverAnnotations.has(name)),
  );
  const { namespace, name, labels, finalizers } = metadata;
  const kept = {
    name,
    ...(namespace === undefined ? {} : { namespace }),
    ...(labels === undefined || Object.keys(labels).length === 0 ? {} : { labels }),
    ...(Object.keys(annotations).length === 0 || object.kind === 'Node' ? {} : { annotations }),
    ...(finalizers === undefined || finalizers.length === 0 ? {} : { finalizers }),
  };
  if (object.kind !== 'Node') return { ...rest, metadata: kept };
  const taints = listAt(object, 'spec', 'taints').filter(
    (taint) => !(textAt(taint, 'key') ?? '').startsWith('node.kubernetes.io/'),
  );
  const { taints: _taints, ...spec } = isRecord(object.spec) ? object.spec : {};
  return { ...rest, metadata: kept, spec: { ...spec, ...(taints.length === 0 ? {} : { taints }) } };
}

/** Where two states of one object want different things. */
export function changedFields(before: KubeObject, after: KubeObject): readonly FieldDifference[] {
  return diffFields(desiredOf(before), desiredOf(after));
}

/** Everything a cluster (or one namespace) holds that people (not controllers) want, sorted by entity name. */
export async function readDesiredState(kube: KubeClient, namespace?: string): Promise<readonly KubeObject[]> {
  const wanted = (await kube.resources()).filter(
    ({ kind, verbs, namespaced }) =>
      verbs.includes('list') && !automatic.has(kind) && (namespace === undefined || namespaced),
  );
  const objects: KubeObject[] = [];
  await inParallel(wanted, listsAtOnce, async ({ apiVersion, kind }) => {
    const { items } = await kube.list({ apiVersion, kind }, namespace === undefined ? {} : { namespace });
    objects.push(...items.map((item) => ({ ...item, apiVersion, kind })));
  });
  return objects.filter((o) => !isControlled(o)).toSorted(byText(nameOf, (o) => o.apiVersion));
}

/**
 * Differences between two states, empty when nothing is left of an injection. Objects that controllers own and replicas
 * that an autoscaler sets are not compared.
 */
export function diffDesiredState(
  before: readonly KubeObject[],
  after: readonly KubeObject[],
): readonly DesiredDifference[] {
  const left = index(before);
  const right = index(after);
  const scaled = new Set(
    [...before, ...after].filter((o) => o.kind === 'HorizontalPodAutoscaler').map(scaledBy),
  );
  return [...new Set([...left.keys(), ...right.keys()])].sort().flatMap((entity) => {
    const a = left.get(entity);
    const b = right.get(entity);
    if (a === undefined || b === undefined) return [{ entity, path: '', before: a, after: b }];
    return changedFields(a, b)
      .map((difference) => ({
        entity,
        path: formatPath(difference.path),
        before: difference.before,
        after: difference.after,
      }))
      .filter(({ path }) => !(path === '/spec/replicas' && scaled.has(entity)));
  });
}

function index(objects: readonly KubeObject[]): Map<string, KubeObject> {
  return new Map(
    objects.filter((o) => !automatic.has(o.kind) && !isControlled(o)).map((o) => [nameOf(o), o]),
  );
}

/** Owned by a controller, or made by one in every namespace. */
function isControlled(object: KubeObject): boolean {
  if ((object.metadata.ownerReferences ?? []).some((reference) => reference.controller === true)) return true;
  return object.kind === 'ConfigMap' && object.metadata.name === 'kube-root-ca.crt';
}

function scaledBy(autoscaler: KubeObject): string {
  const kind = textAt(autoscaler, 'spec', 'scaleTargetRef', 'kind') ?? '';
  return entityName({
    kind,
    namespace: autoscaler.metadata.namespace,
    name: textAt(autoscaler, 'spec', 'scaleTargetRef', 'name') ?? '',
  });
}

function nameOf(object: KubeObject): string {
  return entityName({ kind: object.kind, namespace: object.metadata.namespace, name: object.metadata.name });
}
