import { applyCpuShare } from '../../spec/apply-cpu-share.ts';
import type { Application } from '../../spec/application.ts';
import type { KindSettings } from './kind-settings.ts';

/**
 * The application as a kind cluster can run it: a share of its CPU requests, as all nodes have the same cores; and no
 * autoscalers, for kind serves no resource metrics, and a share of the requests is not what their targets are meant for.
 */
export function prepareApplication(application: Application, { cpuShare }: KindSettings): Application {
  const manifests = application.manifests.filter(({ kind }) => kind !== 'HorizontalPodAutoscaler');
  return applyCpuShare({ ...application, manifests }, cpuShare);
}
