import type { KubeObject } from '../../../../kube/objects.ts';
import type { ResourceDefinition } from '../resources.ts';
import type { ApiStore } from '../store.ts';

/** Fills in what the API server fills in before validation. */
export function applyDefaults(
  _store: ApiStore,
  _definition: ResourceDefinition,
  _draft: KubeObject,
  _old: KubeObject | undefined,
): void {}
