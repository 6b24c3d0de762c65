import type { Static } from 'typebox';
import type { Checked, Diagnostic, Location } from '../base/diagnostics.ts';
import { formatDuration, parseDuration } from '../base/duration.ts';
import { byCodeUnit } from '../base/order.ts';
import { hash32, key, unit } from '../base/random.ts';
import type { Application } from '../spec/application.ts';
import { type PlanTiming, planTiming } from '../spec/apply-timing.ts';
import { entityName } from '../spec/entity-name.ts';
import type { Condition, Expectation, Operation, Plan } from '../spec/plan.ts';
import { baselineShare, type ExpectationEntry, type Scenario } from '../spec/scenario.ts';
import { schemaProblems } from '../spec/schema-problems.ts';
import { catalogue } from './catalogue.ts';
import { cover } from './cover.ts';
import { distractors } from './distractors.ts';
import type { ClusterView, FaultPlan } from './fault.ts';
import { overlaps } from './field-paths.ts';
import { waveOperations } from './load-waves.ts';
import type { Mechanism } from './lookup.ts';
import { pauseMs } from './operations.ts';
import { takesHold } from './takes-hold.ts';
import { touchedFields } from './touched-fields.ts';
import { viewAtLoad, viewFor, viewFromManifests } from './view.ts';

export interface PlanOptions {
  /** 32 lower-case hex digits; draws every choice and jitter of the plan. */
  readonly seed: string;
  /** When the world begins (epoch ms). */
  readonly startMs: number;
  readonly provider: string;
  /** A live cluster's state; the application's manifests by default. */
  readonly view?: ClusterView;
  /** Of the cluster's profile; for clusters with short times. */
  readonly timing?: PlanTiming;
  /** Place of a JSON pointer in the scenario's file, for diagnostics. */
  readonly locate?: (pointer: string) => Location;
}

/** One entry of a scenario with its planner. */
interface Entry {
  readonly type: 'fault' | 'distractor' | 'cover';
  readonly id: string;
  readonly pointer: string;
  readonly name: string;
  readonly atMs: number;
  readonly args: Record<string, unknown>;
  readonly mechanism: Mechanism;
  /** Only faults: what the scenario says about how the change takes hold. */
  readonly hold: Pick<Scenario['faults'][number], 'predates' | 'trigger'>;
}

/** Requests a second where neither the scenario nor anybody else says; the application knows its load generator's. */
const defaultTraceSampling = 0.1;

/**
 * Makes a scenario concrete: the API operations in order with their times, and what must be seen. The same scenario,
 * seed and start give the same plan. Mistakes are answered all at once; `build` never gets here with a scenario that
 * `scenario validate` refuses, but a plan for a live cluster may find that it has changed.
 */
export function planScenario(
  scenario: Scenario,
  application: Application,
  options: PlanOptions,
): Checked<Plan> {
  const diagnostics: Diagnostic[] = [];
  const report = (code: string, pointer: string, message: string, hint?: string) =>
    void diagnostics.push({ severity: 'error', code, location: locate(pointer), message, hint });
  const locate = options.locate ?? (() => ({ file: `${scenario.metadata.name}.yaml`, line: 1, column: 1 }));
  const view = viewAtLoad(options.view ?? viewFromManifests(application, options.seed), scenario.load);
  const draw = (...purpose: string[]) => unit(key(hash32(options.seed), 'plan', ...purpose));

  const planned: { entry: Entry; plan: FaultPlan }[] = [];
  for (const entry of entriesOf(scenario, report)) {
    const form = schemaProblems(entry.mechanism.schema, entry.args, { noun: 'argument' });
    for (const problem of form)
      report(problem.code, `${entry.pointer}/args${problem.pointer}`, problem.message, problem.hint);
    if (form.length > 0) continue;
    const own = viewFor(view, options.seed, entry.id);
    const problems = entry.mechanism.check(entry.args, own);
    for (const problem of problems)
      report('SCN004', `${entry.pointer}/args${problem.path}`, problem.message, problem.hint);
    if (problems.length > 0) continue;
    const plan = takesHold(entry.hold, entry.mechanism.plan(entry.args, own), own);
    if ('problem' in plan)
      report('SCN017', `${entry.pointer}${plan.problem.path}`, plan.problem.message, plan.problem.hint);
    else planned.push({ entry, plan });
  }
  checkConflicts(planned, view, report);
  checkLoad(scenario, planned, report);

  const warmUpMs = parseDuration(scenario.timeline.warmUp) ?? 0;
  const wantedBaselineMs = parseDuration(scenario.timeline.baseline) ?? 0;
  const windowMs = wantedBaselineMs + (parseDuration(scenario.timeline.incident) ?? 0);
  // where in the window the incident begins must not be known from the window's length
  const { least, spread, most } = baselineShare;
  const baselineMs = Math.round(wantedBaselineMs * (least + spread * draw('baseline')));
  const incidentMs = windowMs - baselineMs;
  // a scenario that draws a seed each time it is built has to be sound with every one
  const certainMs = scenario.seed === undefined ? windowMs - most * wantedBaselineMs : incidentMs;

  const { patienceMs, pauseShare } = options.timing ?? planTiming({});
  const operations = [
    ...planned.flatMap(({ entry, plan }) => timed(entry, plan, draw, scenario.faults.length > 0, pauseShare)),
    ...(scenario.load?.waves === undefined
      ? []
      : waveOperations(scenario.load.waves, { warmUpMs, baselineMs, incidentMs }, draw)),
  ];
  const expectations = [
    ...planned.flatMap(({ entry, plan }) => expected(entry, plan, patienceMs)),
    ...authored(scenario, incidentMs),
  ];
  for (const { entry, plan } of planned)
    for (const { must, withinMs } of expected(entry, plan, patienceMs))
      if (must && withinMs > certainMs) {
        report(
          'SCN010',
          '/timeline/incident',
          `${entry.name} needs up to ${formatDuration(withinMs)} to show; the incident may last only ${formatDuration(certainMs)}`,
          'make the incident longer',
        );
        break;
      }
  if (diagnostics.length > 0) return { ok: false, diagnostics };
  const value: Plan = {
    scenario: scenario.metadata.name,
    seed: options.seed,
    provider: options.provider,
    startMs: options.startMs,
    warmUpMs,
    baselineMs,
    incidentMs,
    requestsPerSecond: scenario.load?.requestsPerSecond ?? application.file.load.requestsPerSecond,
    traceSampling: scenario.telemetry?.traceSampling ?? defaultTraceSampling,
    operations: operations.toSorted((a, b) => a.atMs - b.atMs || byCodeUnit(a.id, b.id)),
    expectations,
    latent: scenario.latent ?? false,
  };
  return { ok: true, value, diagnostics };
}

/** The same plan without what breaks: triggers, cover and distractors stay. */
export function twinOperations(plan: Plan): readonly Operation[] {
  return plan.operations.filter((operation) => operation.role !== 'cause');
}

type Report = (code: string, pointer: string, message: string, hint?: string) => void;

function entriesOf(scenario: Scenario, report: Report): Entry[] {
  const entries: Entry[] = [];
  const used = new Set(
    [...scenario.faults, ...(scenario.distractors ?? []), ...(scenario.cover ?? [])].flatMap(
      (use) => use.id ?? [],
    ),
  );
  const add = (
    type: Entry['type'],
    list: string,
    index: number,
    name: string,
    use: { id?: string; at?: string; args: Record<string, unknown> } & Entry['hold'],
  ) => {
    const registry = type === 'fault' ? catalogue : type === 'distractor' ? distractors : cover;
    if (!registry.has(name))
      return report(
        'SCN003',
        `/${list}/${index}/${type}`,
        `unknown ${type} "${name}"`,
        `known: ${registry.names().join(', ')}`,
      );
    let id = use.id ?? name;
    for (let n = 2; use.id === undefined && used.has(id); n++) id = `${name}-${n}`;
    used.add(id);
    entries.push({
      type,
      id,
      pointer: `/${list}/${index}`,
      name,
      atMs: signed(use.at ?? '0s'),
      args: use.args,
      mechanism: registry.get(name),
      hold: {
        ...(use.predates === undefined ? {} : { predates: use.predates }),
        ...(use.trigger === undefined ? {} : { trigger: use.trigger }),
      },
    });
  };
  for (const [i, use] of scenario.faults.entries()) add('fault', 'faults', i, use.fault, use);
  for (const [i, use] of scenario.distractors?.entries() ?? [])
    add('distractor', 'distractors', i, use.distractor, use);
  for (const [i, use] of scenario.cover?.entries() ?? []) add('cover', 'cover', i, use.cover, use);
  return entries;
}

function signed(text: string): number {
  return text.startsWith('-') ? -(parseDuration(text.slice(1)) ?? 0) : (parseDuration(text) ?? 0);
}

/** Operations with ids and times; every entry moves by up to some seconds, and no time is a whole second. */
function timed(
  entry: Entry,
  plan: FaultPlan,
  draw: (...purpose: string[]) => number,
  hasFaults: boolean,
  pauseShare: number,
): Operation[] {
  const isFault = entry.type === 'fault';
  // without a fault nothing marks the incident's start; with one, the first cause does, shortly after it
  const shift = isFault
    ? 200 + 3800 * draw(entry.id, 'shift')
    : (hasFaults ? 20_000 : 30_000) * draw(entry.id, 'shift');
  let earliest = Number.NEGATIVE_INFINITY;
  return plan.operations.map((operation, index) => {
    // only the pause is shorter: pods take as long as ever to start
    const saved = Math.min(Math.max(operation.atMs, 0), pauseMs) * (1 - pauseShare);
    const wanted =
      entry.atMs + shift + operation.atMs - saved + 2500 * draw(entry.id, 'operation', String(index));
    const atMs = Math.max(Math.round(wanted), earliest + 1);
    earliest = atMs;
    return {
      id: `${entry.id}/${index + 1}`,
      origin: { type: entry.type, id: entry.id },
      role: isFault ? operation.role : 'cover',
      atMs,
      summary: operation.summary,
      action: operation.action,
      ...(operation.mayFail === undefined ? {} : { mayFail: operation.mayFail }),
    };
  });
}

function expected(entry: Entry, plan: FaultPlan, patienceMs: number): Expectation[] {
  return plan.expectations.map((expectation, index) => ({
    id: `${entry.id}/e${index + 1}`,
    origin: entry.id,
    must: expectation.must,
    withinMs: expectation.must ? entry.atMs + Math.min(expectation.withinMs, patienceMs) : 0,
    condition: since(expectation.condition, entry.atMs, patienceMs),
    ...(entry.type === 'fault' ? {} : { inTwin: true as const }),
  }));
}

/** A condition's own begin, counted from the incident's; who has little patience waits for half of it. */
function since(condition: Condition, atMs: number, patienceMs: number): Condition {
  if (condition.type !== 'log' || condition.afterMs === undefined) return condition;
  return { ...condition, afterMs: Math.max(0, atMs + Math.min(condition.afterMs, patienceMs / 2)) };
}

/** What the scenario's author expects beyond the faults. */
function authored(scenario: Scenario, incidentMs: number): Expectation[] {
  return (scenario.expect ?? []).flatMap((entry, index) => {
    const condition = conditionOf(entry);
    if (condition === undefined) return [];
    const withinMs = entry.within === undefined ? incidentMs : (parseDuration(entry.within) ?? incidentMs);
    return [
      { id: `scenario/e${index + 1}`, origin: 'scenario', must: entry.must ?? true, withinMs, condition },
    ];
  });
}

function conditionOf(entry: Static<typeof ExpectationEntry>): Condition | undefined {
  if (entry.alert !== undefined) return { type: 'alert', name: entry.alert };
  if (entry.event !== undefined) return { type: 'event', ...entry.event };
  if (entry.log !== undefined) return { type: 'log', ...entry.log };
  return entry.metric === undefined ? undefined : { type: 'metric', expression: entry.metric };
}

/** Two that set the load: the second would end what the first began. */
function checkLoad(
  scenario: Scenario,
  planned: readonly { entry: Entry; plan: FaultPlan }[],
  report: Report,
): void {
  const setting = planned.filter(({ plan }) =>
    plan.operations.some(({ action }) => action.verb === 'set-load'),
  );
  const waves = scenario.load?.waves === undefined ? [] : ['load.waves'];
  const first = [...waves, ...setting.map(({ entry }) => entry.name)][0];
  for (const { entry } of setting.slice(1 - waves.length))
    report(
      'SCN006',
      `${entry.pointer}/${entry.type}`,
      `${entry.name} and ${first} both set the load`,
      'leave one of them out',
    );
}

/** Two entries that change one field: the second would hide or undo the first, and root causes would be wrong. */
function checkConflicts(
  planned: readonly { entry: Entry; plan: FaultPlan }[],
  view: ClusterView,
  report: Report,
): void {
  const touched = planned.map(({ entry, plan }) => ({
    entry,
    fields: plan.operations.flatMap((operation) =>
      touchedFields(operation.action, view).map((field) => ({ ...field, role: operation.role })),
    ),
  }));
  touched.forEach(({ entry, fields }, index) => {
    for (const other of touched.slice(0, index)) {
      if (entry.type === 'cover' && other.entry.type === 'cover') continue;
      const both = fields.find((mine) =>
        other.fields.some(
          (theirs) =>
            // the same restart twice is a restart
            !(mine.role === 'trigger' && theirs.role === 'trigger') &&
            entityName(mine.target) === entityName(theirs.target) &&
            overlaps(mine.path, theirs.path),
        ),
      );
      if (both !== undefined)
        report(
          'SCN006',
          `${entry.pointer}/${entry.type}`,
          `${entry.name} and ${other.entry.name} change the same field: ${both.path === '' ? '/' : both.path} of ${entityName(both.target)}`,
          'choose another target for one of them',
        );
    }
  });
}
