import type { KubeClient } from '../../kube/client.ts';
import { isNotFound } from '../../kube/errors.ts';
import { observabilityNamespace } from './observability-objects.ts';

/** Whether nothing but what we run ourselves serves `metrics.k8s.io`, without which autoscalers only complain. */
export async function lacksResourceMetrics(kube: KubeClient): Promise<boolean> {
  try {
    const { spec } = await kube.get({
      apiVersion: 'apiregistration.k8s.io/v1',
      kind: 'APIService',
      name: 'v1beta1.metrics.k8s.io',
    });
    const service = (spec as { service?: { namespace?: string } } | undefined)?.service;
    return service?.namespace === observabilityNamespace;
  } catch (error) {
    if (isNotFound(error)) return true;
    throw error;
  }
}
