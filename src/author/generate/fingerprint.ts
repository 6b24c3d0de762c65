import { byCodeUnit } from '../../base/order.ts';
import { subjectOf } from '../../fault/operations.ts';
import type { PrivatePart } from '../../snapshot/private/truth.ts';
import type { Operation, Plan } from '../../spec/plan.ts';
import type { Scenario } from '../../spec/scenario.ts';

/** What makes a task the task it is, for the question whether there is such a one already. */
export interface Fingerprint {
  /** Of what, for people: a file, a task. */
  readonly of: string;
  /** Names in the catalogue, sorted, each once. */
  readonly mechanisms: readonly string[];
  /** The causes' objects, sorted. */
  readonly targets: readonly string[];
  /** What it does and promises, as the plan says. Nothing about cover and distractors, unless it is a control. */
  readonly planned: ReadonlySet<string>;
  /** What it showed: alerts due to the causes, symptoms, indicators; absent before it was built. */
  readonly shown?: ReadonlySet<string>;
}

/** The fingerprint of a scenario that was planned. */
export function plannedFingerprint(of: string, scenario: Scenario, plan: Plan): Fingerprint {
  return {
    of,
    mechanisms: sortedOnce(scenario.faults.map(({ fault }) => fault)),
    targets: targetsOf(plan.operations),
    planned: plannedSignature(plan, scenario.faults.length === 0),
  };
}

/** The fingerprint of a task that was built. */
export function shownFingerprint(of: string, { groundTruth, plan, effects }: PrivatePart): Fingerprint {
  // written by ourselves; what is not there shows as nothing
  const { operations = [], expectations = [] } = plan as Partial<Plan>;
  const isControl = groundTruth.rootCauses.length === 0;
  return {
    of,
    mechanisms: sortedOnce(groundTruth.rootCauses.flatMap(({ mechanism }) => mechanism.split(', '))),
    targets: sortedOnce(groundTruth.rootCauses.map(({ entity }) => entity)),
    planned: plannedSignature({ operations, expectations }, isControl),
    shown: isControl
      ? plannedSignature({ operations, expectations }, isControl)
      : shownSignature(groundTruth, effects as Partial<EffectsRead>),
  };
}

/** How much two signatures have in common, 0 to 1: what is in both over what is in one of them. */
export function similarity(a: ReadonlySet<string>, b: ReadonlySet<string>): number {
  const both = [...a].filter((item) => b.has(item)).length;
  const either = a.size + b.size - both;
  return either === 0 ? 1 : both / either;
}

/**
 * The first of `others` that is nearly the same: equal mechanisms and causes, and signatures alike. What was shown
 * counts where both were built, what was planned where not; a planned one is worth `plannedThreshold`, since two that
 * are planned alike may yet show different things.
 */
export function nearDuplicate(
  one: Fingerprint,
  others: readonly Fingerprint[],
  threshold: number,
  plannedThreshold = threshold,
): { readonly other: Fingerprint; readonly similarity: number } | undefined {
  for (const other of others) {
    if (!sameList(one.mechanisms, other.mechanisms) || !sameList(one.targets, other.targets)) continue;
    const bothShown = one.shown !== undefined && other.shown !== undefined;
    const alike =
      one.shown !== undefined && other.shown !== undefined
        ? similarity(one.shown, other.shown)
        : similarity(one.planned, other.planned);
    if (alike >= (bothShown ? threshold : plannedThreshold)) return { other, similarity: alike };
  }
  return undefined;
}

type PlanParts = Pick<Plan, 'operations' | 'expectations'>;

function targetsOf(operations: readonly Operation[]): readonly string[] {
  const causes = operations.filter(({ role }) => role === 'cause');
  return sortedOnce(causes.map(({ action }) => subjectOf(action)));
}

function plannedSignature({ operations, expectations }: PlanParts, isControl: boolean): ReadonlySet<string> {
  const signature = new Set<string>();
  for (const { role, origin, atMs, action } of operations) {
    if (!isControl && origin.type !== 'fault') continue;
    const when = atMs < 0 ? 'before' : 'in';
    const fields = action.verb === 'patch' ? [...leaves(action.body)] : [''];
    for (const field of fields)
      signature.add(`${role} ${action.verb} ${subjectOf(action)} ${field} ${when} the incident`);
  }
  // a distractor shows in the twin as well
  for (const { must, inTwin, condition } of expectations)
    if (must && (isControl || !inTwin)) signature.add(`shows ${JSON.stringify(condition)}`);
  return signature;
}

/** Paths of a patch without its values: two bad values of one setting are the same idea. */
function* leaves(value: unknown, at = ''): Generator<string> {
  if (typeof value !== 'object' || value === null) yield at;
  else for (const [name, member] of Object.entries(value)) yield* leaves(member, `${at}/${name}`);
}

/** The parts of `private/effects.json` that count. */
interface EffectsRead {
  readonly alertsDueToCauses: readonly {
    readonly name: string;
    readonly labels: Readonly<Record<string, string>>;
  }[];
  readonly indicators: readonly { readonly name: string; readonly felt: boolean }[];
}

/** Names of pods differ from seed to seed. */
const passing: ReadonlySet<string> = new Set(['pod', 'instance', 'uid', 'container', 'node']);

function shownSignature(
  { symptoms }: PrivatePart['groundTruth'],
  { alertsDueToCauses = [], indicators = [] }: Partial<EffectsRead>,
): ReadonlySet<string> {
  const alerts = alertsDueToCauses.map(({ name, labels }) => {
    const kept = Object.entries(labels).filter(([label]) => !passing.has(label));
    return `alert ${name} ${JSON.stringify(kept.sort(([a], [b]) => byCodeUnit(a, b)))}`;
  });
  return new Set([
    ...alerts,
    ...indicators.filter(({ felt }) => felt).map(({ name }) => `indicator ${name}`),
    ...symptoms.map(({ entity }) => `symptom ${entity}`),
  ]);
}

function sortedOnce(texts: readonly string[]): readonly string[] {
  return [...new Set(texts)].sort(byCodeUnit);
}

function sameList(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((item, index) => item === b[index]);
}
