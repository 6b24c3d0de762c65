import type { KubeObject } from '../../../../kube/objects.ts';
import { child, childOf, isFields } from '../fields.ts';
import { thawed } from '../frozen.ts';
import { type LabelSelector, selectorText } from '../selectors.ts';
import { badRequest } from '../status-error.ts';

/** `autoscaling/v1` Scale of a workload. */
export function scaleOf(object: KubeObject): KubeObject {
  const { name, namespace, uid, resourceVersion, creationTimestamp } = object.metadata;
  const metadata = JSON.parse(
    JSON.stringify({ name, namespace, uid, resourceVersion, creationTimestamp }),
  ) as KubeObject['metadata'];
  return {
    kind: 'Scale',
    apiVersion: 'autoscaling/v1',
    metadata,
    spec: { replicas: Number(child(object, 'spec')?.['replicas'] ?? 0) },
    status: {
      replicas: Number(child(object, 'status')?.['replicas'] ?? 0),
      selector: selectorText(child(object, 'spec')?.['selector'] as LabelSelector | undefined),
    },
  };
}

/** The workload with the replicas of a Scale. */
export function withScale(object: KubeObject, scale: unknown): KubeObject {
  const replicas = isFields(scale) ? (child(scale, 'spec')?.['replicas'] ?? 0) : undefined;
  if (typeof replicas !== 'number' || !Number.isInteger(replicas))
    throw badRequest('spec.replicas must be an integer');
  const draft = thawed(object);
  childOf(draft, 'spec')['replicas'] = replicas;
  const version = isFields(scale) ? child(scale, 'metadata')?.['resourceVersion'] : undefined;
  if (typeof version === 'string' && version !== '') draft.metadata.resourceVersion = version;
  else delete draft.metadata.resourceVersion;
  return draft;
}
