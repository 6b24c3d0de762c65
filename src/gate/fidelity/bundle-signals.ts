import { createReadStream, existsSync } from 'node:fs';
import { join } from 'node:path';
import { textLines } from '../../base/text-lines.ts';
import { entityName } from '../../entity/entity-name.ts';
import type { Universe } from '../../entity/universe.ts';
import { floorSolvers } from '../../harness/agents/floor.ts';
import { loadTask } from '../../harness/load-task.ts';
import { createTaskScorer } from '../../scoring/score-run.ts';
import { universeOfBundle } from '../../scoring/universe-of-bundle.ts';
import { plainNodeNamesOf } from '../../snapshot/node-names.ts';
import { readPrivate } from '../../snapshot/private/truth.ts';
import { type PublicBundle, readPublic } from '../../snapshot/public-reader.ts';
import { measureFloor } from '../floor/measure-floor.ts';
import { statesInPatch, statesOfPod } from './container-states.ts';
import { errorKindOf, isErrorLine } from './error-kinds.ts';
import { readEvents } from './event-signals.ts';
import { fieldsOf } from './object-fields.ts';
import { type ServiceShift, serviceShifts } from './service-shifts.ts';

/** What a bundle shows, in the terms in which two clusters are compared. Sets hold texts that are equal where the thing is. */
export interface BundleSignals {
  readonly provider: string;
  readonly kubernetes: string;
  readonly scenario: string;
  /** `reason`: of Events about the application and its nodes that happened in the window; `Unhealthy, ending` as in `events`. */
  readonly eventReasons: ReadonlySet<string>;
  /** `reason kind entity`; probes of a pod that was told to end: `Unhealthy Pod entity, ending`. */
  readonly events: ReadonlySet<string>;
  /** `entity waiting|terminated reason`. */
  readonly containerStates: ReadonlySet<string>;
  /** `kind type`: of `status.conditions`. */
  readonly conditionTypes: ReadonlySet<string>;
  /** Alerts that fired in the incident, in order of the first time. */
  readonly alerts: readonly FiredAlert[];
  /** From the begin of the incident to the end of the window. */
  readonly incidentLengthMs: number;
  readonly services: readonly ServiceShift[];
  /** `workload log|span kind`, and how often. */
  readonly errorKinds: ReadonlyMap<string, number>;
  /** `from → to protocol`, and how often. */
  readonly calls: ReadonlyMap<string, number>;
  readonly objectKinds: ReadonlySet<string>;
  /** `kind field`: of objects of the application's namespaces and of nodes. */
  readonly objectFields: ReadonlySet<string>;
  readonly rootCauses: ReadonlySet<string>;
  readonly symptoms: ReadonlySet<string>;
  /** Score of every heuristic that does not decide by chance, by its name. */
  readonly heuristics: ReadonlyMap<string, number>;
}

/** `name subject` of an alert, and when it first fired, counted from the begin of the incident. */
export interface FiredAlert {
  readonly id: string;
  readonly firstMs: number;
}

/** Reads what is compared out of a bundle with its private part. */
export async function readSignals(directory: string, signal: AbortSignal): Promise<BundleSignals> {
  const bundle = await readPublic(directory);
  const secret = await readPrivate(directory);
  const universe = await universeOfBundle(bundle);
  const window = windowOf(bundle, secret.provenance);
  const scope = await scopeOf(bundle);
  const { scenario, kubernetes } = secret.provenance as {
    readonly scenario?: { readonly name?: string };
    readonly kubernetes?: string;
  };
  const plain = await plainNodeNamesOf(bundle, secret.groundTruth);
  const plainSet = (texts: Iterable<string>) => new Set([...texts].map(plain));
  const { events, eventReasons } = await readEvents(bundle.events(), universe, scope, window.startMs);
  return {
    provider: bundle.manifest.provider,
    kubernetes: kubernetes ?? '',
    scenario: scenario?.name ?? bundle.manifest.task,
    events: plainSet(events),
    eventReasons,
    ...(await readObjects(bundle, directory, universe, scope)),
    alerts: (await readAlerts(bundle, universe, window.incidentMs)).map(({ id, firstMs }) => ({
      id: plain(id),
      firstMs,
    })),
    incidentLengthMs: window.endMs - window.incidentMs,
    services: await serviceShifts(bundle, window),
    errorKinds: await readErrorKinds(bundle, universe, window.incidentMs),
    calls: new Map(
      (await bundle.topology()).calls.map(({ from, to, protocol, count }) => [
        `${from} → ${to} ${protocol}`,
        count,
      ]),
    ),
    rootCauses: plainSet(secret.groundTruth.rootCauses.map(({ entity }) => entity)),
    symptoms: plainSet(secret.groundTruth.symptoms.map(({ entity }) => entity)),
    heuristics: await scoresOf(directory, signal),
  };
}

interface Window {
  readonly startMs: number;
  readonly incidentMs: number;
  readonly endMs: number;
}

function windowOf(bundle: PublicBundle, provenance: Readonly<Record<string, unknown>>): Window {
  const { start, end } = bundle.manifest.window;
  const { window } = provenance as { readonly window?: { readonly incident?: string } };
  const startMs = Date.parse(start);
  return { startMs, endMs: Date.parse(end), incidentMs: Date.parse(window?.incident ?? start) };
}

/** The application's namespaces: those with pods that log or are traced; what is outside of them is the installation's. */
async function scopeOf(bundle: PublicBundle): Promise<ReadonlySet<string>> {
  return new Set((await bundle.topology()).services.map(({ namespace }) => namespace));
}

async function readObjects(
  bundle: PublicBundle,
  directory: string,
  universe: Universe,
  scope: ReadonlySet<string>,
): Promise<Pick<BundleSignals, 'containerStates' | 'conditionTypes' | 'objectKinds' | 'objectFields'>> {
  const containerStates = new Set<string>();
  const conditionTypes = new Set<string>();
  const objectKinds = new Set<string>();
  const objectFields = new Set<string>();
  const noteStates = (pod: string, namespace: string, states: readonly string[]) => {
    const entity = universe.fold(entityName({ kind: 'Pod', namespace, name: pod }));
    for (const state of states) containerStates.add(`${entity} ${state}`);
  };
  for await (const object of bundle.objects()) {
    const { kind } = object;
    const { name, namespace } = object.metadata;
    objectKinds.add(kind);
    if (kind !== 'Node' && !scope.has(namespace ?? '')) continue;
    if (kind === 'Pod') noteStates(name, namespace ?? '', statesOfPod(object));
    for (const field of fieldsOf(object)) objectFields.add(`${kind} ${field}`);
    const { status } = object as {
      readonly status?: { readonly conditions?: readonly { readonly type?: string }[] };
    };
    for (const { type } of status?.conditions ?? []) conditionTypes.add(`${kind} ${type}`);
  }
  for await (const { entity, patch } of privateChanges(directory)) {
    const [namespace = '', kind, name = ''] = entity.split('/');
    if (kind === 'Pod' && scope.has(namespace)) noteStates(name, namespace, statesInPatch(patch));
  }
  return { containerStates, conditionTypes, objectKinds, objectFields };
}

async function* privateChanges(
  directory: string,
): AsyncGenerator<{ readonly entity: string; readonly patch: readonly unknown[] }> {
  const path = join(directory, 'private', 'changes.jsonl');
  if (!existsSync(path)) return;
  for await (const line of textLines(createReadStream(path)))
    yield JSON.parse(line) as { entity: string; patch: unknown[] };
}

async function readAlerts(
  bundle: PublicBundle,
  universe: Universe,
  incidentMs: number,
): Promise<readonly FiredAlert[]> {
  const first = new Map<string, number>();
  for await (const { time, state, name, labels } of bundle.alerts()) {
    if (state !== 'firing' || Date.parse(time) < incidentMs) continue;
    const id = `${name} ${subjectOf(labels, universe)}`.trim();
    if (!first.has(id)) first.set(id, Date.parse(time) - incidentMs);
  }
  return [...first].map(([id, firstMs]) => ({ id, firstMs })).sort((a, b) => a.firstMs - b.firstMs);
}

/** Whom an alert is about: pods by their workload, for their names are never the same twice. */
function subjectOf(labels: Readonly<Record<string, string>>, universe: Universe): string {
  const { namespace, pod, service, node } = labels;
  if (pod !== undefined) return universe.fold(entityName({ kind: 'Pod', namespace, name: pod }));
  if (service !== undefined)
    return [`${namespace}/${service}`, labels['server_address'], labels['pool_name']]
      .filter((part) => part !== undefined)
      .join(' ');
  const owner = ['deployment', 'statefulset', 'daemonset', 'horizontalpodautoscaler', 'resourcequota'].find(
    (label) => labels[label] !== undefined,
  );
  if (owner !== undefined)
    return [`${namespace}/${owner}/${labels[owner]}`, labels['resource'], labels['condition']]
      .filter((part) => part !== undefined)
      .join(' ');
  if (node !== undefined) return node;
  return labels['job'] ?? '';
}

async function readErrorKinds(
  bundle: PublicBundle,
  universe: Universe,
  incidentMs: number,
): Promise<ReadonlyMap<string, number>> {
  const counts = new Map<string, number>();
  const note = (id: string) => counts.set(id, (counts.get(id) ?? 0) + 1);
  for (const file of await bundle.logFiles()) {
    const workload = universe.fold(entityName({ kind: 'Pod', namespace: file.namespace, name: file.pod }));
    for await (const { time, text } of bundle.log(file)) {
      if (Date.parse(time) < incidentMs || !isErrorLine(text)) continue;
      const kind = errorKindOf(text);
      if (kind !== undefined) note(`${workload} log ${kind}`);
    }
  }
  for await (const span of bundle.spans()) {
    if (span.status !== 'ERROR' || Date.parse(span.start) < incidentMs) continue;
    const kind = errorKindOf(`${String(span.attributes['error.type'] ?? '')} ${span.statusMessage ?? ''}`);
    const { 'service.name': service, 'k8s.namespace.name': namespace } = span.resource;
    if (kind !== undefined) note(`${namespace}/${service} ${span.kind.toLowerCase()} span ${kind}`);
  }
  return counts;
}

async function scoresOf(directory: string, signal: AbortSignal): Promise<ReadonlyMap<string, number>> {
  const task = await loadTask(directory);
  const scorer = await createTaskScorer(directory, 'collapse');
  const solvers = floorSolvers.filter(({ level }) => level !== 'chance');
  const results = await measureFloor(task, scorer, solvers, 1, signal);
  return new Map(results.map(({ solver, score }) => [solver, score]));
}
