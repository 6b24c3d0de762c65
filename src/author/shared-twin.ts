import { sha256 } from '../base/hash.ts';
import { canonicalJson } from '../base/json.ts';
import type { Recording } from '../capture/recording.ts';
import type { PrometheusClient } from '../cluster/cluster.ts';
import { twinOperations } from '../fault/planner.ts';
import type { Application } from '../spec/application.ts';
import type { Plan } from '../spec/plan.ts';
import type { ClusterProfile } from '../spec/profile.ts';

/** A twin that was run, kept on disk: it can be compared with the task of any scenario whose world without causes is the same. */
export interface SharedTwin {
  readonly recording: Recording;
  /** Remembers what a proof asks. */
  readonly prometheus: PrometheusClient;
  /** Of the scenario it was made for. */
  readonly scenario: string;
}

/**
 * What makes two twins the same world by the wall clock: application, profile, load, sampling, length of the windows and
 * what is done in them. How the seed splits the window into baseline and incident does not count: without causes both are
 * the same healthy world. Operations count by when they are done, in whole seconds of the incident.
 */
export function twinKey(plan: Plan, application: Application, profile: ClusterProfile): string {
  const window = plan.baselineMs + plan.incidentMs;
  return sha256(
    canonicalJson({
      application: {
        manifests: application.manifests,
        programs: [...application.programs],
        rules: application.rules,
      },
      profile,
      warmUpMs: plan.warmUpMs,
      windowMs: window,
      requestsPerSecond: plan.requestsPerSecond,
      traceSampling: plan.traceSampling,
      // what Prometheus is asked about the twin has to be asked while it runs
      metricConditions: plan.expectations.flatMap(({ condition }) =>
        condition.type === 'metric' ? [condition.expression] : [],
      ),
      operations: twinOperations(plan).map(({ action, atMs }) => [action, Math.round(atMs / 1000)]),
    }),
  );
}
