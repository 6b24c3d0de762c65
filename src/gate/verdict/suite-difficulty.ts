import type { DifficultyThresholds, DroppedTask } from '../../spec/suite-difficulty.ts';
import { floorOf, type TaskDifficulty } from '../floor/difficulty.ts';
import type { Band } from '../panel/band.ts';
import type { PanelResult, PanelTask } from '../panel/panel-result.ts';
import type { GateResult } from '../scorer-self-test/self-test.ts';

/** A task after all gates: sound, or what is wrong with it, and how difficult it is. */
export interface JudgedTask extends Omit<TaskDifficulty, 'verdict'> {
  /** Folder of the bundle, as it was given. */
  readonly bundle: string;
  /** Name of the scenario, where the private part tells it. */
  readonly scenario: string | undefined;
  readonly band: Band;
  /** Who says the band; absent while nobody does. */
  readonly bandBy?: 'heuristics' | 'panel';
  readonly panel?: PanelTask;
  readonly verdict: 'sound' | 'unsound';
  /** What is wrong, a line each; empty for a sound task. */
  readonly problems: readonly string[];
  /** What the author should look at although it proves nothing. */
  readonly doubts: readonly string[];
}

/** A suite after all gates. */
export interface SuiteVerdict {
  readonly apiVersion: 'culprit.dev/v1';
  readonly kind: 'Difficulty';
  readonly suite: string | undefined;
  readonly tasks: readonly JudgedTask[];
  readonly floor: ReturnType<typeof floorOf>;
  readonly panel?: Omit<PanelResult, 'tasks'>;
  readonly thresholds: DifficultyThresholds;
  /** What is wrong with the suite as a whole. */
  readonly problems: readonly string[];
  readonly dropped: readonly DroppedTask[];
  /** Questions that were not asked in this run. */
  readonly notMeasured: readonly string[];
}

/** Samples of the weakest member that have to be right, all of them, before a task counts as saturated. */
const leastForSaturation = 3;

/** Significance of a panel's complaints, adjusted for the number of tasks. */
const significance = 0.05;

/** Puts the gates, the floor and the panel of a task together. */
export function judgeTask(
  floor: TaskDifficulty & { readonly bundle: string; readonly scenario: string | undefined },
  gates: readonly GateResult[],
  panel: PanelResult | undefined,
): JudgedTask {
  const task = panel?.tasks.find((one) => one.task === floor.task);
  const problems = gates.flatMap(({ gate, ok, problems }) =>
    ok ? [] : problems.length === 0 ? [gate] : problems.map((problem) => `${gate}: ${problem}`),
  );
  if (floor.trivialFor.length > 0)
    problems.push(`free points: a solver without a thought is right (${floor.trivialFor.join(', ')})`);
  const complaints = task ? panelComplaints(task, panel, floor.control) : { problems: [], doubts: [] };
  const isTrivial = floor.trivialFor.length > 0;
  const { verdict: _, ...facts } = floor;
  return {
    ...facts,
    gates,
    band: isTrivial ? 'trivial' : (task?.decision.band ?? 'undetermined'),
    ...(isTrivial
      ? { bandBy: 'heuristics' as const }
      : task && task.decision.band !== 'undetermined'
        ? { bandBy: 'panel' as const }
        : {}),
    ...(task ? { panel: task } : {}),
    problems: [...problems, ...complaints.problems],
    doubts: complaints.doubts,
    verdict: problems.length + complaints.problems.length === 0 ? 'sound' : 'unsound',
  };
}

/** What the panel has against a task. */
function panelComplaints(
  task: PanelTask,
  panel: PanelResult | undefined,
  control: boolean,
): { readonly problems: string[]; readonly doubts: string[] } {
  const problems: string[] = [];
  const doubts: string[] = [];
  const samples = task.members.reduce((sum, member) => sum + member.samples, 0);
  if (samples === 0) return { problems, doubts: ['the panel has no sample of it'] };
  if (task.members.every(({ solved }) => solved === 0))
    (task.isOpen ? doubts : problems).push(
      `not known to be solvable: no member of the panel was right in ${samples} samples`,
    );
  const weakest = panel?.members.find(({ model }) => model !== undefined)?.member;
  const own = task.members.find(({ member }) => member === weakest);
  if (own && own.samples >= leastForSaturation && own.solved === own.samples)
    problems.push(`saturated: ${own.member}, the weakest model, was right in all of ${own.samples} samples`);
  const { correlation, pNegative, pAdjusted } = task.discrimination ?? {};
  if (correlation !== undefined && correlation < 0) {
    const text = `members that do better elsewhere do worse here (r ${correlation.toFixed(2)}, p ${(pNegative ?? 1).toFixed(3)})`;
    if ((pAdjusted ?? 1) <= significance) problems.push(`discrimination: ${text}`);
    else doubts.push(text);
  }
  const bare = task.withoutEvidence;
  if (bare && bare.pAdjusted <= significance)
    problems.push(
      `memorised: ${bare.solved} of ${bare.samples} answers without any evidence are right (p ${bare.p.toPrecision(2)})`,
    );
  else if (bare && bare.solved > 0)
    doubts.push(`${bare.solved} of ${bare.samples} answers without any evidence are right`);
  if (control && task.decision.band === 'unsolved') doubts.push('every member raises a false alarm');
  if (task.isOpen) doubts.push(`the panel is not done with it: ${task.rounds} complete rounds`);
  return { problems, doubts };
}

/** Judges a suite by its judged tasks. */
export function judgeSuite(
  tasks: readonly JudgedTask[],
  panel: PanelResult | undefined,
  suite: {
    readonly name: string | undefined;
    readonly thresholds: DifficultyThresholds;
    readonly dropped: readonly DroppedTask[];
  },
): SuiteVerdict {
  const { thresholds, dropped } = suite;
  const incidents = tasks.filter(({ control }) => !control);
  const problems: string[] = [];
  // a floor of one task says nothing of a suite
  if (suite.name !== undefined) {
    const trivial = incidents.filter(({ trivialFor }) => trivialFor.length > 0);
    if (trivial.length > thresholds.mostTrivial)
      problems.push(
        `${trivial.length} tasks are trivial, ${thresholds.mostTrivial} may be: ${trivial.map(({ task }) => task).join(', ')}`,
      );
    const unsolved = incidents.filter(isUnsolvedByHeuristics).length;
    if (incidents.length > 0 && unsolved / incidents.length < thresholds.leastUnsolvedByHeuristics)
      problems.push(
        `${unsolved} of ${incidents.length} tasks are solved by no solver without a model but the ensemble; the suite asks for ${Math.round(100 * thresholds.leastUnsolvedByHeuristics)} %`,
      );
  }
  if (panel?.sandbox && !panel.sandbox.isolated)
    problems.push(
      `the sandbox ${panel.sandbox.name} did not isolate the panel's models: what they did proves little`,
    );
  problems.push(...memberComplaints(panel));
  const { tasks: _, ...rest } = panel ?? { tasks: [] };
  return {
    apiVersion: 'culprit.dev/v1',
    kind: 'Difficulty',
    suite: suite.name,
    tasks,
    floor: floorOf(tasks),
    ...(panel ? { panel: rest as Omit<PanelResult, 'tasks'> } : {}),
    thresholds,
    problems,
    dropped,
    notMeasured: panel
      ? []
      : ['the reference panel: bands but trivial, discrimination, memorisation (--panel FILE)'],
  };
}

/** Whether only the ensemble, or chance, or nobody solves it. */
export function isUnsolvedByHeuristics({ solvers }: Pick<JudgedTask, 'solvers'>): boolean {
  return solvers.every(
    ({ solver, level, solved }) => solver === 'ensemble' || level === 'chance' || solved === 0,
  );
}

/** Memory of whole models, asked over all tasks at once. */
function memberComplaints(panel: PanelResult | undefined): string[] {
  return (panel?.members ?? []).flatMap(({ member, model, withoutEvidence, renamed }) => {
    const found: string[] = [];
    if (withoutEvidence && withoutEvidence.p <= significance)
      found.push(
        `${member} is right in ${withoutEvidence.solved} of ${withoutEvidence.samples} samples without any evidence (p ${withoutEvidence.p.toPrecision(2)}): it knows the tasks`,
      );
    if (model !== undefined && renamed && renamed.difference < 0 && renamed.permutation.p <= significance)
      found.push(
        `${member} scores ${(-renamed.difference).toFixed(2)} less when services have other names (p ${renamed.permutation.p.toPrecision(2)}): it knows the tasks, or goes by names`,
      );
    return found;
  });
}
