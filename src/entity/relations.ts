import type { KubeObject } from '../spec/kube-types.ts';
import { entityName } from './entity-name.ts';
import { matchesLabels, matchesSelector } from './label-selector.ts';

/** How one object bears on another; read it as `from relation to`. */
export type Relation =
  | 'owns' // controller → what it made
  | 'selects' // Service, PodDisruptionBudget → workload
  | 'uses' // workload → ConfigMap, Secret, ServiceAccount, PersistentVolumeClaim
  | 'scales' // HorizontalPodAutoscaler → workload
  | 'restricts' // NetworkPolicy → workload
  | 'limits' // ResourceQuota, LimitRange → workload of the namespace
  | 'runs' // Node → workload with a pod on it
  | 'routes'; // Ingress → Service

/** What a relation is read from. */
export interface RelationContext {
  readonly objects: readonly KubeObject[];
  readonly pods: readonly KubeObject[];
  /** Whether an object of this canonical name was there. */
  has(name: string): boolean;
  /** Canonical name of the workload a pod belongs to. */
  workloadOf(pod: KubeObject): string;
}

/** A relation of the object to another; `reverse`: of the other to the object. */
export interface FoundRelation {
  readonly relation: Relation;
  readonly to: string;
  readonly reverse?: boolean;
}

/** Everything one object says about others. Objects are data from outside: missing and odd fields are skipped. */
export function relations(object: KubeObject, context: RelationContext): readonly FoundRelation[] {
  const namespace = object.metadata.namespace;
  const inNamespace = (pod: KubeObject) => pod.metadata.namespace === namespace;
  const workloads = (matches: (pod: KubeObject) => boolean, relation: Relation): FoundRelation[] =>
    context.pods
      .filter((pod) => inNamespace(pod) && matches(pod))
      .map((pod) => ({ relation, to: context.workloadOf(pod) }));
  const spec = record(object.spec);
  switch (object.kind) {
    case 'Service': {
      const selector = record(spec.selector) as Record<string, string>;
      if (Object.keys(selector).length === 0) return [];
      return workloads((pod) => matchesLabels(selector, pod.metadata.labels), 'selects');
    }
    case 'PodDisruptionBudget':
      return workloads((pod) => matchesSelector(spec.selector, pod.metadata.labels), 'selects');
    case 'NetworkPolicy':
      return workloads((pod) => matchesSelector(spec.podSelector, pod.metadata.labels), 'restricts');
    case 'ResourceQuota':
    case 'LimitRange':
      return workloads(() => true, 'limits');
    case 'HorizontalPodAutoscaler': {
      const target = record(spec.scaleTargetRef);
      if (typeof target.kind !== 'string' || typeof target.name !== 'string') return [];
      return [{ relation: 'scales', to: entityName({ kind: target.kind, name: target.name, namespace }) }];
    }
    case 'Ingress':
      return backends(spec).map((name) => ({
        relation: 'routes',
        to: entityName({ kind: 'Service', name, namespace }),
      }));
    case 'Pod':
      return [...references(spec, namespace), ...placement(spec)];
    default: {
      const template = record(spec.template ?? record(record(spec.jobTemplate).spec).template);
      return references(record(template.spec), namespace);
    }
  }
}

function placement(podSpec: Record<string, unknown>): FoundRelation[] {
  const node = podSpec.nodeName;
  return typeof node === 'string'
    ? [{ relation: 'runs', to: entityName({ kind: 'Node', name: node }), reverse: true }]
    : [];
}

/** What a pod template refers to by name. */
function references(podSpec: Record<string, unknown>, namespace: string | undefined): FoundRelation[] {
  const found: FoundRelation[] = [];
  const add = (kind: string, name: unknown) => {
    if (typeof name === 'string' && name !== '')
      found.push({ relation: 'uses', to: entityName({ kind, name, namespace }) });
  };
  for (const container of [...list(podSpec.containers), ...list(podSpec.initContainers)]) {
    for (const entry of list(container.env)) {
      const source = record(entry.valueFrom);
      add('ConfigMap', record(source.configMapKeyRef).name);
      add('Secret', record(source.secretKeyRef).name);
    }
    for (const source of list(container.envFrom)) {
      add('ConfigMap', record(source.configMapRef).name);
      add('Secret', record(source.secretRef).name);
    }
  }
  for (const volume of list(podSpec.volumes)) {
    for (const source of [volume, ...list(record(volume.projected).sources)]) {
      add('ConfigMap', record(source.configMap).name);
      add('Secret', record(source.secret).secretName ?? record(source.secret).name);
    }
    add('PersistentVolumeClaim', record(volume.persistentVolumeClaim).claimName);
  }
  for (const secret of list(podSpec.imagePullSecrets)) add('Secret', secret.name);
  add('ServiceAccount', podSpec.serviceAccountName);
  return found;
}

function backends(spec: Record<string, unknown>): string[] {
  const names: unknown[] = [record(record(spec.defaultBackend).service).name];
  for (const rule of list(spec.rules))
    for (const path of list(record(rule.http).paths)) names.push(record(record(path.backend).service).name);
  return names.filter((name) => typeof name === 'string');
}

function record(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Record<string, unknown>)
    : {};
}

function list(value: unknown): Record<string, unknown>[] {
  return Array.isArray(value) ? value.map(record) : [];
}
