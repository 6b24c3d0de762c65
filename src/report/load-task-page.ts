import { byText } from '../base/order.ts';
import type { Score } from '../scoring/score-submission.ts';
import { readTaskTruth, type TaskTruth } from '../scoring/task-truth.ts';
import { universeOfBundle } from '../scoring/universe-of-bundle.ts';
import { readPublic } from '../snapshot/public-reader.ts';
import type { TaskPageData } from './task-page-data.ts';

/** Collects what a task's page shows from its bundle and the answers given to it; of a held-out task only what is public. */
export async function loadTaskPage(
  bundle: string,
  answers: readonly { agent: string; score: Score }[],
): Promise<TaskPageData> {
  const evidence = await readPublic(bundle);
  const { manifest } = evidence;
  const { truth, scenario, summary, incidentMs, operations } =
    manifest.split === 'held-out' ? untold : await readTaskTruth(bundle);
  const universe = await universeOfBundle(evidence);
  const topology = await evidence.topology();
  const alerts = [];
  for await (const alert of evidence.alerts()) {
    const { time, state, name, labels } = alert;
    const about =
      labels['service'] ??
      labels['deployment'] ??
      labels['pod'] ??
      labels['node'] ??
      labels['resourcequota'] ??
      '';
    alerts.push({ timeMs: Date.parse(time), state, name, about, id: JSON.stringify(labels) });
  }
  const events = [];
  for await (const line of evidence.events()) {
    const event: typeof line & { readonly [field: string]: unknown } = line;
    const last = String(event['lastTimestamp'] ?? event['eventTime'] ?? event['firstTimestamp'] ?? '');
    const { kind = '', name = '', namespace } = event.involvedObject;
    const about = universe.fold(`${namespace && kind !== 'Node' ? namespace : 'cluster'}/${kind}/${name}`);
    events.push({
      timeMs: Date.parse(last),
      type: event.type ?? '',
      reason: event.reason ?? '',
      about,
      message: event.message ?? '',
      count: event.count ?? 1,
    });
  }
  return {
    task: manifest.task,
    scenario,
    summary,
    ...(manifest.split === 'held-out' ? { heldOut: true as const } : {}),
    application: manifest.application,
    provider: manifest.provider,
    window: {
      startMs: Date.parse(manifest.window.start),
      incidentMs,
      endMs: Date.parse(manifest.window.end),
    },
    alerts,
    events: events.filter((event) => Number.isFinite(event.timeMs)).sort((a, b) => a.timeMs - b.timeMs),
    services: topology.services
      .map(({ name, namespace, workload }) => ({
        name,
        service: `${namespace}/Service/${name}`,
        entity: workload === undefined ? undefined : entityOf(namespace, workload, universe.entities),
      }))
      .sort(byText((service) => service.name)),
    calls: topology.calls,
    rootCauses: truth.rootCauses.map(({ entity, summary }) => ({
      entity,
      summary,
      affects: truth.propagation
        // callers suffer from it; what it is part of, or applies to, is hit by it
        .filter((edge) => edge.from === entity && !/^(?:called by|calls less|stands between)/.test(edge.kind))
        .map((edge) => edge.to),
    })),
    symptoms: truth.symptoms,
    operations:
      incidentMs === undefined
        ? []
        : operations.map(({ role, summary, atMs }) => ({ role, summary, timeMs: incidentMs + atMs })),
    answers,
  };
}

/** What a page says of a task whose truth is kept. */
const untold = {
  truth: { rootCauses: [], symptoms: [], propagation: [] },
  scenario: undefined,
  summary: undefined,
  incidentMs: undefined,
  operations: [],
} satisfies Partial<Record<keyof TaskTruth, unknown>>;

/** A topology's workload is either a canonical entity name or `Kind/name`. */
function entityOf(namespace: string, workload: string, entities: readonly string[]): string | undefined {
  if (entities.includes(workload)) return workload;
  return entities.find(
    (entity) =>
      entity === `${namespace}/${workload}` ||
      (entity.startsWith(`${namespace}/`) &&
        entity.endsWith(`/${workload}`) &&
        /\/(?:Deployment|StatefulSet|DaemonSet)\//.test(entity)),
  );
}
