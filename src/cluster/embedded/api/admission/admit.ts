import type { KubeObject } from '../../../../kube/objects.ts';
import { applyDefaults } from '../defaults/apply-defaults.ts';
import { type PodResourceSpec, qosClass } from '../pod-resources.ts';
import type { ResourceDefinition } from '../resources.ts';
import { definitionOf } from '../resources.ts';
import { forbidden, notFound } from '../status-error.ts';
import type { ApiStore } from '../store.ts';
import { validateObject } from '../validation/validate-object.ts';
import { applyLimitRanges, checkLimitRanges } from './limit-range.ts';
import { admitPod } from './pod-admission.ts';
import { checkQuota } from './resource-quota.ts';

/** A mutation on its way into the store. `draft` may be changed by defaulting and mutating admission. */
export interface Admission {
  readonly store: ApiStore;
  readonly operation: 'CREATE' | 'UPDATE' | 'DELETE';
  readonly definition: ResourceDefinition;
  readonly draft: KubeObject;
  readonly old: KubeObject | undefined;
}

/** Everything the API server does before it writes: defaulting, mutating admission, validation, quota. */
export function admit(admission: Admission): void {
  const { operation, definition, draft, store } = admission;
  if (operation === 'DELETE') {
    checkDelete(admission);
    return;
  }
  if (operation === 'CREATE' && definition.namespaced) checkNamespace(admission);
  applyDefaults(store, definition, draft, admission.old);
  if (definition.key === 'pods' && operation === 'CREATE') admitPod(admission);
  if (operation === 'CREATE') applyLimitRanges(admission);
  if (definition.key === 'pods' && operation === 'CREATE')
    draft['status'] = { phase: 'Pending', qosClass: qosClass((draft['spec'] ?? {}) as PodResourceSpec) };
  validateObject(definition, draft, admission.old);
  if (operation === 'CREATE' || definition.key === 'persistentvolumeclaims') checkLimitRanges(admission);
  checkQuota(admission);
}

const immortal = new Set(['default', 'kube-system', 'kube-public']);

function checkDelete({ definition, draft }: Admission): void {
  if (definition.key === 'namespaces' && immortal.has(draft.metadata.name))
    throw forbidden(definition, draft.metadata.name, 'this namespace may not be deleted');
}

function checkNamespace({ store, definition, draft }: Admission): void {
  const name = draft.metadata.namespace ?? '';
  const namespace = store.get('namespaces', undefined, name);
  if (namespace === undefined) throw notFound(definitionOf('namespaces'), name);
  if (namespace.metadata.deletionTimestamp !== undefined)
    throw forbidden(
      definition,
      draft.metadata.name,
      `unable to create new content in namespace ${name} because it is being terminated`,
    );
}
