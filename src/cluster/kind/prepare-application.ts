import type { Application } from '../../spec/application.ts';
import { applyCpuShare } from '../../spec/apply-cpu-share.ts';
import type { KindSettings } from './kind-settings.ts';

/** The application as a kind cluster can run it: with a share of its CPU requests, as all nodes have the same cores. */
export function prepareApplication(application: Application, { cpuShare }: KindSettings): Application {
  return applyCpuShare(application, cpuShare);
}
