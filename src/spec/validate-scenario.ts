import type { Diagnostic } from '../base/diagnostics.ts';
import { formatDuration, parseDuration } from '../base/duration.ts';
import { nearest } from '../base/nearest.ts';
import { parseAlertRules } from './alert-rules.ts';
import type { Application } from './application.ts';
import type { Capability } from './capability.ts';
import { checkExpectations } from './check-expectations.ts';
import { inFileOrder, type LoadedFile } from './load-file.ts';
import type { MechanismLookup } from './mechanism-lookup.ts';
import type { ClusterProfile } from './profile.ts';
import { type Report, reporter } from './reporter.ts';
import { baselineShare, type Scenario } from './scenario.ts';
import { schemaProblems } from './schema-problems.ts';
import { jsonPointer, type SourceDocument } from './source-document.ts';

/** What a scenario is checked against. What could not be found is absent, and a diagnostic says so already. */
export interface ScenarioContext {
  readonly application?: Application | undefined;
  readonly profile?: ClusterProfile | undefined;
  readonly faults: MechanismLookup;
  readonly distractors: MechanismLookup;
  readonly cover: MechanismLookup;
  /** What the profile's clusters can do; `undefined`: not known before a cluster is probed. */
  readonly capabilities?: readonly Capability[] | undefined;
}

/** One fault, distractor or cover entry of a scenario, with what its kind shares. */
interface Entry {
  readonly type: 'fault' | 'distractor' | 'cover';
  readonly pointer: string;
  readonly name: string;
  readonly id: string | undefined;
  /** Relative to the start of the incident. */
  readonly atMs: number;
  readonly args: Record<string, unknown>;
  readonly lookup: MechanismLookup;
}

/** An entry whose name and arguments are right; only these can be asked what they expect. */
interface SoundEntry extends Entry {
  readonly alerts: readonly string[];
}

/** Checks what the parts of a scenario mean, beyond its form: all mistakes, in the order of the file. */
export function validateScenario(loaded: LoadedFile<Scenario>, context: ScenarioContext): Diagnostic[] {
  const { value: scenario, source } = loaded;
  const diagnostics: Diagnostic[] = [];
  const report = reporter(source, diagnostics);
  const entries = entriesOf(scenario, context);

  checkIds(entries, report);
  const sound = entries
    .map((entry) => checkEntry(entry, context, report))
    .filter((entry) => entry !== undefined);
  checkTimes(scenario, entries, report);
  checkPredating(scenario, report);
  checkWaves(scenario, report);
  if (context.application) {
    checkWindows(scenario, sound, context.application, context.profile, report);
    checkExpectations(scenario, context.application, report);
  }
  if (scenario.metadata.split === 'held-out' && scenario.seed !== undefined)
    report(
      'SCN015',
      '/seed',
      'a held-out scenario has its seed in the file',
      'leave it out: build draws one and keeps it private',
      { severity: 'warning', at: 'key' },
    );
  return inFileOrder(diagnostics);
}

/**
 * What can be told of a scenario whose form is wrong somewhere: names, arguments and ids of its entries in which nothing
 * is wrong (`isSound`, by their JSON pointers). So a mistyped duration does not hide a mistyped fault.
 */
export function validateSoundEntries(
  scenario: EntryLists,
  source: SourceDocument,
  isSound: (pointer: string) => boolean,
  context: ScenarioContext,
): Diagnostic[] {
  const diagnostics: Diagnostic[] = [];
  const report = reporter(source, diagnostics);
  const entries = entriesOf(scenario, context, isSound);
  checkIds(entries, report);
  for (const entry of entries) checkEntry(entry, context, report);
  return inFileOrder(diagnostics);
}

/** The lists of what is done in a scenario. */
export type EntryLists = Partial<Pick<Scenario, 'faults' | 'distractors' | 'cover'>>;

function entriesOf(
  { faults = [], distractors = [], cover = [] }: EntryLists,
  context: ScenarioContext,
  isSound: (pointer: string) => boolean = () => true,
): Entry[] {
  const entries = <Use extends { id?: string; at?: string; args: Record<string, unknown> }>(
    type: Entry['type'],
    list: string,
    uses: readonly Use[],
    nameOf: (use: Use) => string,
    lookup: MechanismLookup,
  ): Entry[] =>
    uses.flatMap((use, index) => {
      const pointer = jsonPointer(list, index);
      if (!isSound(pointer)) return [];
      const { id, at = '0s', args } = use;
      return [{ type, pointer, name: nameOf(use), id, atMs: signedDuration(at), args, lookup }];
    });
  return [
    ...entries('fault', 'faults', faults, ({ fault }) => fault, context.faults),
    ...entries('distractor', 'distractors', distractors, ({ distractor }) => distractor, context.distractors),
    ...entries('cover', 'cover', cover, ({ cover: name }) => name, context.cover),
  ];
}

/** Milliseconds of `5m` or `-5m`. */
function signedDuration(text: string): number {
  return text.startsWith('-') ? -(parseDuration(text.slice(1)) ?? 0) : (parseDuration(text) ?? 0);
}

function checkIds(entries: readonly Entry[], report: Report): void {
  const seen = new Set<string>();
  for (const { id, pointer } of entries) {
    if (id === undefined) continue;
    if (seen.has(id))
      report(
        'SCN007',
        `${pointer}/id`,
        `two entries have the id "${id}"`,
        'ids are shared by faults, distractors and cover',
      );
    seen.add(id);
  }
}

function checkEntry(entry: Entry, context: ScenarioContext, report: Report): SoundEntry | undefined {
  const { type, name, pointer, args, lookup } = entry;
  if (!lookup.names.includes(name)) {
    const near = nearest(name, lookup.names);
    const known = lookup.names.length > 0 ? `known: ${lookup.names.join(', ')}` : 'none is known';
    report(
      'SCN003',
      `${pointer}/${type}`,
      `unknown ${type} "${name}"`,
      near ? `did you mean "${near}"?` : known,
    );
    return undefined;
  }
  const missing = lookup
    .requires(name)
    .filter((capability) => context.capabilities && !context.capabilities.includes(capability));
  for (const capability of missing)
    report(
      'SCN008',
      `${pointer}/${type}`,
      `${name} needs "${capability}", which the cluster profile does not offer`,
      'choose another cluster or another fault',
    );

  const problems = schemaProblems(lookup.schemaOf(name), args, { noun: 'argument' });
  for (const problem of problems) {
    const message =
      problem.code === 'SCH001' || problem.code === 'SCH002'
        ? `${problem.message} of ${name}`
        : problem.message;
    report(
      problem.code,
      `${pointer}/args${problem.pointer}`,
      message,
      problem.hint,
      problem.at === 'key' ? { at: 'key' } : {},
    );
  }
  if (problems.length > 0 || context.application === undefined) return undefined;

  const issues = lookup.check(name, args);
  for (const issue of issues) report('SCN004', `${pointer}/args${issue.path}`, issue.message, issue.hint);
  if (issues.length > 0) return undefined;
  return { ...entry, alerts: lookup.expectedAlerts(name, args) };
}

function checkTimes(scenario: Scenario, entries: readonly Entry[], report: Report): void {
  const incidentMs = parseDuration(scenario.timeline.incident) ?? 0;
  const baselineMs = baselineShare.least * (parseDuration(scenario.timeline.baseline) ?? 0);
  for (const { type, atMs, pointer } of entries) {
    if (atMs >= incidentMs)
      report(
        'SCN009',
        `${pointer}/at`,
        `this ${type} comes after the incident, which lasts ${formatDuration(incidentMs)}`,
        'lower "at" or lengthen timeline.incident',
      );
    else if (atMs < -baselineMs)
      report(
        'SCN009',
        `${pointer}/at`,
        `this ${type} comes before the baseline, which may last only ${formatDuration(baselineMs)}`,
        'raise "at" or lengthen timeline.baseline',
      );
  }
  for (const [index, { within }] of (scenario.expect ?? []).entries())
    if (within !== undefined && (parseDuration(within) ?? 0) > incidentMs)
      report(
        'SCN009',
        jsonPointer('expect', index, 'within'),
        `the incident ends after ${formatDuration(incidentMs)}, before this time is over`,
        'lower "within" or lengthen timeline.incident',
      );
}

/** Time for an application to settle before somebody changes it. */
const settledMs = 30_000;

/** A change that predates the incident has to come before the window, whichever way the seed shifts it, and after the deployment. */
function checkPredating(scenario: Scenario, report: Report): void {
  const baselineMs = parseDuration(scenario.timeline.baseline) ?? 0;
  const warmUpMs = parseDuration(scenario.timeline.warmUp) ?? 0;
  for (const [index, use] of scenario.faults.entries()) {
    if (use.predates === undefined) continue;
    const beforeMs = (parseDuration(use.predates) ?? 0) - signedDuration(use.at ?? '0s');
    const least = baselineShare.most * baselineMs;
    const most = warmUpMs + baselineShare.least * baselineMs - settledMs;
    const pointer = jsonPointer('faults', index, 'predates');
    if (most < least)
      report(
        'SCN009',
        pointer,
        `there is no time between the deployment and a window whose baseline may last ${formatDuration(least)}`,
        `make timeline.warmUp at least ${formatDuration(Math.ceil((least - most + warmUpMs) / 1000) * 1000)}`,
      );
    else if (beforeMs < least || beforeMs > most)
      report(
        'SCN009',
        pointer,
        `the change would be made ${formatDuration(Math.max(0, beforeMs))} before the incident; it has to be between ${formatDuration(least)} (before the window) and ${formatDuration(most)} (after the deployment)`,
        beforeMs < least ? 'raise "predates"' : 'lower "predates" or lengthen timeline.warmUp',
      );
  }
}

function checkWaves(scenario: Scenario, report: Report): void {
  const { waves } = scenario.load ?? {};
  if (waves === undefined) return;
  // both ends move by up to eight seconds
  const leastMs = (parseDuration(waves.lasts) ?? 0) + 10_000;
  if ((parseDuration(waves.every) ?? 0) < leastMs)
    report(
      'SCN009',
      '/load/waves/lasts',
      `a wave that lasts ${waves.lasts} is not over when the next begins`,
      `raise "every" to ${formatDuration(leastMs)} or more`,
    );
}

/** An alert fires when its condition held for its `for`: the incident has to be longer, with an evaluation to notice. */
function checkWindows(
  scenario: Scenario,
  faults: readonly SoundEntry[],
  application: Application,
  profile: ClusterProfile | undefined,
  report: Report,
): void {
  const incidentMs = parseDuration(scenario.timeline.incident) ?? 0;
  const rules = new Map(parseAlertRules(application.rules).map((rule) => [rule.name, rule]));
  const noticeMs =
    (parseDuration(profile?.embedded?.evaluationInterval ?? '15s') ?? 0) +
    (parseDuration(profile?.embedded?.scrapeInterval ?? '15s') ?? 0);
  const needs: { name: string; forMs: number; atMs: number; who: string }[] = [];
  for (const fault of faults)
    for (const name of fault.type === 'fault' && fault.atMs < incidentMs ? fault.alerts : []) {
      const rule = rules.get(name);
      if (rule)
        needs.push({ name, forMs: rule.forMs, atMs: fault.atMs, who: ` (expected by ${fault.name})` });
    }
  for (const { alert, must } of scenario.expect ?? []) {
    const rule = alert === undefined || must === false ? undefined : rules.get(alert);
    if (rule) needs.push({ name: rule.name, forMs: rule.forMs, atMs: 0, who: '' });
  }
  const standing = application.file.standingAlerts ?? [];
  const soonest = [...rules.values()]
    .filter((rule) => !standing.includes(rule.name))
    .toSorted((a, b) => a.forMs - b.forMs)[0];
  if (needs.length === 0 && soonest && scenario.faults.length > 0 && !scenario.latent)
    needs.push({
      name: soonest.name,
      forMs: soonest.forMs,
      atMs: Math.min(...scenario.faults.map((use) => signedDuration(use.at ?? '0s'))),
      who: ', the quickest alert there is',
    });

  const longest = needs.toSorted((a, b) => b.atMs + b.forMs - (a.atMs + a.forMs))[0];
  if (longest && longest.atMs + longest.forMs + noticeMs >= incidentMs) {
    const least = formatDuration(longest.atMs + longest.forMs + noticeMs);
    const from = longest.atMs > 0 ? ` from ${formatDuration(longest.atMs)} on` : '';
    report(
      'SCN010',
      '/timeline/incident',
      `the incident lasts ${formatDuration(incidentMs)}, too short for ${longest.name}${longest.who}: its condition has to hold for ${formatDuration(longest.forMs)}${from}`,
      `make it longer than ${least}`,
    );
  }
}
