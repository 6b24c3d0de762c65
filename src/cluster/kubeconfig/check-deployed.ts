import { parse } from 'yaml';
import { OperationError, UserError } from '../../base/errors.ts';
import type { KubeClient } from '../../kube/client.ts';
import { isNotFound } from '../../kube/errors.ts';
import { type KubeObject, refOf } from '../../kube/objects.ts';
import type { Application } from '../../spec/application.ts';
import { entityName } from '../../spec/entity-name.ts';
import type { ClusterClock, PrometheusClient } from '../cluster.ts';

/** UserError if the application lives in namespaces that may not be touched. */
export function requireNamespaces(application: Application, allowed: readonly string[]): void {
  const missing = application.file.namespaces.filter((namespace) => !allowed.includes(namespace));
  if (missing.length === 0) return;
  throw new UserError(
    'not-permitted',
    `${application.name} lives in ${missing.join(', ')} too, which the profile does not permit to touch`,
    { hint: `add them to kubeconfig.namespaces (now ${allowed.join(', ')})` },
  );
}

/**
 * Waits until the application's workloads are there and complete. Nothing is created: OperationError with all that are
 * absent at once, or with those that are not complete after the timeout.
 */
export async function waitUntilHealthy(
  kube: KubeClient,
  clock: ClusterClock,
  application: Application,
  timeoutMs: number,
): Promise<void> {
  const workloads = application.manifests.filter(({ kind }) =>
    ['Deployment', 'StatefulSet', 'DaemonSet'].includes(kind),
  );
  const look = async () => {
    const absent: string[] = [];
    const unfinished: string[] = [];
    for (const workload of workloads) {
      const name = entityName({ kind: workload.kind, ...workload.metadata });
      const now = await kube.get(refOf(workload)).catch((error: unknown) => {
        if (isNotFound(error)) return undefined;
        throw error;
      });
      if (now === undefined) absent.push(name);
      else if (!isComplete(now)) unfinished.push(name);
    }
    return { absent, unfinished };
  };
  const { absent } = await look();
  if (absent.length > 0)
    throw new OperationError(
      'not-deployed',
      `the cluster does not have ${absent.join(', ')} of ${application.name}`,
      {
        hint: 'deploy the application first: here it is only looked at',
      },
    );
  let unfinished: readonly string[] = [];
  const isHealthy = await clock.until(
    async () => {
      ({ unfinished } = await look());
      return unfinished.length === 0;
    },
    timeoutMs,
    3000,
  );
  if (!isHealthy)
    throw new OperationError(
      'not-healthy',
      `not complete after ${timeoutMs / 1000} s: ${unfinished.join(', ')}`,
    );
}

/** OperationError if Prometheus does not evaluate the application's alerts: nothing that was expected would fire. */
export async function requireAlerts(prometheus: PrometheusClient, application: Application): Promise<void> {
  const known = new Set(alertNames(await prometheus.rules()));
  const missing = alertNames(parse(application.rules)).filter((name) => !known.has(name));
  if (missing.length === 0) return;
  throw new OperationError(
    'rules-missing',
    `Prometheus has no alerts ${missing.join(', ')}, which ${application.name}'s rules.yaml names`,
    { hint: 'load rules.yaml into it, or write into rules.yaml what it has' },
  );
}

/** Names of the alerts in a rule file or in the answer of the rules API: both have `groups` of `rules`. */
function alertNames(document: unknown): string[] {
  const { groups = [] } = (document ?? {}) as {
    groups?: { rules?: { alert?: string; name?: string; type?: string }[] }[];
  };
  return groups
    .flatMap(({ rules = [] }) => rules)
    .flatMap(({ alert, name, type }) => alert ?? (type === 'alerting' ? (name ?? []) : []));
}

function isComplete(object: KubeObject): boolean {
  const number = (part: 'spec' | 'status', field: string): number | undefined =>
    (object[part] as Record<string, number> | undefined)?.[field];
  const isSeen = (number('status', 'observedGeneration') ?? 0) >= (object.metadata.generation ?? 1);
  const [wanted, ready] =
    object.kind === 'DaemonSet'
      ? [number('status', 'desiredNumberScheduled'), number('status', 'numberReady')]
      : [number('spec', 'replicas') ?? 1, number('status', 'readyReplicas')];
  return isSeen && (ready ?? 0) >= (wanted ?? 0);
}
