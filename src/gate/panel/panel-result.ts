import { type Aggregate, aggregate } from '../../scoring/aggregate.ts';
import type { ScoredSample } from '../../scoring/scored-sample.ts';
import { adjustedPValues, binomialTail } from '../../scoring/statistics/binomial.ts';
import { mean } from '../../scoring/statistics/clustered.ts';
import { type Interval, jeffreys } from '../../scoring/statistics/intervals.ts';
import { type ItemRest, itemRest } from '../../scoring/statistics/item-rest.ts';
import { comparePaired, type PairedComparison } from '../../scoring/statistics/paired.ts';
import { fitRasch, type Logit } from '../../scoring/statistics/rasch.ts';
import { memberName, type Panel } from '../../spec/panel.ts';
import type { DifficultyThresholds } from '../../spec/suite-difficulty.ts';
import type { CostEstimate } from './estimate-cost.ts';
import type { ArmResult, PanelSample, RankedArm, RankedTask } from './run-panel.ts';

/** Samples that were right, of how many, with the Beta-Binomial interval (95 %). */
export interface Share {
  readonly solved: number;
  readonly samples: number;
  readonly interval: Interval;
}

/** A member on one task. */
export interface MemberOnTask extends Share {
  readonly member: string;
  /** Mean score. */
  readonly score: number;
  readonly turns?: number;
  readonly costUsd?: number;
}

/** Right answers where none should be possible, and how often mere guessing gives as many. */
export interface WithoutEvidence extends Share {
  readonly p: number;
}

/** Mean scores of all models on a task and on its renamed copy. */
export interface RenamedTask {
  readonly asBuilt: number;
  readonly renamed: number;
}

/** What the panel says of a task. */
export interface PanelTask extends RankedTask {
  readonly task: string;
  readonly members: readonly MemberOnTask[];
  /** Only of tasks with causes. `pAdjusted` accounts for as many tasks having been looked at. */
  readonly discrimination?: ItemRest & { readonly pAdjusted: number | undefined };
  /** Rasch's difficulty, log odds; only of tasks with causes and panels of three and more. */
  readonly difficulty?: Logit;
  readonly withoutEvidence?: WithoutEvidence & { readonly pAdjusted: number };
  readonly renamed?: RenamedTask;
}

/** What the panel says of a member. */
export interface PanelMemberResult {
  readonly member: string;
  /** Absent for a solver without a model. */
  readonly model?: string;
  readonly aggregate: Aggregate;
  readonly ability?: Logit;
  readonly withoutEvidence?: WithoutEvidence;
  /** Second minus first: renamed minus as built. A drop that chance does not explain is memory. */
  readonly renamed?: PairedComparison;
}

/** Everything a panel came to. */
export interface PanelResult {
  readonly name: string;
  readonly summary: string;
  /** The weakest first, by mean score. */
  readonly members: readonly PanelMemberResult[];
  readonly tasks: readonly PanelTask[];
  readonly rounds: Panel['repeats'];
  readonly spentUsd: number;
  readonly estimate: CostEstimate;
  /** Why it ended before its time. */
  readonly stopped: readonly string[];
  /** Where commands ran; absent if no model took part. */
  readonly sandbox?: { readonly name: string; readonly isolated: boolean };
  /** Samples that sequential stopping saved. */
  readonly saved: number;
}

/** The arms of a panel. */
export interface PanelArms {
  readonly asBuilt: RankedArm;
  readonly withoutEvidence?: ArmResult;
  readonly renamed?: ArmResult;
}

/** Fewer members say nothing about how a task tells them apart. */
const leastForDiscrimination = 3;

/** Puts the arms of a panel together. */
export function panelResult(
  panel: Panel,
  arms: PanelArms,
  thresholds: DifficultyThresholds,
  facts: Pick<PanelResult, 'estimate' | 'sandbox'>,
): PanelResult {
  const names = panel.members.map(memberName);
  const isModel = new Set(panel.members.flatMap((member) => ('model' in member ? memberName(member) : [])));
  const tasks = [...arms.asBuilt.tasks].map(([task, ranked]) => ({
    task,
    ranked,
    samples: arms.asBuilt.samples.get(task) ?? [],
  }));
  const incidents = tasks.filter(({ samples }) => samples.length > 0 && !samples[0]?.sample.control);
  const cells = incidents.map(({ samples }) => names.map((name) => valuesOf(samples, name)));
  // with a hole in the table, means would be over different tasks
  const isWhole = cells.every((row) => row.every((values) => values.length > 0));
  const canTellApart = isWhole && names.length >= leastForDiscrimination && incidents.length >= 2;
  const discrimination = canTellApart ? itemRest(cells.map((row) => row.map(mean))) : [];
  const adjusted = adjustedPValues(discrimination.map(({ pNegative }) => pNegative ?? 1));
  const rasch = canTellApart
    ? fitRasch(
        cells.map((row) =>
          row.map((values) => ({
            solved: values.filter((value) => value === 1).length,
            tried: values.length,
          })),
        ),
      )
    : undefined;
  const bare = incidents.map(({ task }) =>
    withoutEvidence(
      (arms.withoutEvidence?.samples.get(task) ?? []).map(({ sample }) => sample),
      thresholds,
    ),
  );
  const bareAdjusted = adjustedPValues(bare.map((one) => one?.p ?? 1));
  const judged = tasks.map(({ task, ranked, samples }): PanelTask => {
    const at = incidents.findIndex((one) => one.task === task);
    const tellsApart = discrimination[at];
    const difficulty = rasch?.difficulty[at];
    const without = bare[at];
    const renamed = renamedTask(samples, arms.renamed?.samples.get(task) ?? [], isModel);
    return {
      task,
      ...ranked,
      members: names.flatMap((name) => memberOnTask(name, samples)),
      ...(tellsApart
        ? {
            discrimination: {
              ...tellsApart,
              pAdjusted: tellsApart.pNegative === undefined ? undefined : adjusted[at],
            },
          }
        : {}),
      ...(difficulty ? { difficulty } : {}),
      ...(without ? { withoutEvidence: { ...without, pAdjusted: bareAdjusted[at] ?? 1 } } : {}),
      ...(renamed ? { renamed } : {}),
    };
  });
  const all = [arms.asBuilt, arms.withoutEvidence, arms.renamed].flatMap((arm) => arm ?? []);
  const planned = tasks.length * panel.repeats.most;
  const done = tasks.reduce(
    (sum, { ranked: { rounds, isOpen } }) => sum + (isOpen ? panel.repeats.most : rounds),
    0,
  );
  return {
    name: panel.metadata.name,
    summary: panel.metadata.summary,
    members: panel.members
      .map((member) =>
        memberResult(member, arms, thresholds, rasch?.ability[names.indexOf(memberName(member))]),
      )
      .sort((a, b) => (a.aggregate.score ?? 0) - (b.aggregate.score ?? 0)),
    tasks: judged,
    rounds: panel.repeats,
    spentUsd: all.reduce((sum, { spentUsd }) => sum + spentUsd, 0),
    stopped: all.flatMap(({ stopped }) => stopped ?? []),
    saved: (planned - done) * panel.members.length,
    ...facts,
  };
}

function memberResult(
  member: Panel['members'][number],
  arms: PanelArms,
  thresholds: DifficultyThresholds,
  ability: Logit | undefined,
): PanelMemberResult {
  const name = memberName(member);
  const of = (arm: ArmResult | undefined) =>
    [...(arm?.samples.values() ?? [])].flat().flatMap((one) => (one.member === name ? one.sample : []));
  const own = of(arms.asBuilt);
  const bare = withoutEvidence(of(arms.withoutEvidence), thresholds);
  const renamed = Map.groupBy(of(arms.renamed), ({ task }) => task);
  const compared = comparePaired(
    [...Map.groupBy(own, ({ task }) => task)].flatMap(([task, samples]) => {
      const others = renamed.get(task);
      if (!others) return [];
      const values = (list: readonly ScoredSample[]) => list.map(({ value }) => value);
      return [{ family: samples[0]?.family ?? task, first: values(samples), second: values(others) }];
    }),
  );
  return {
    member: name,
    ...('model' in member ? { model: member.model } : {}),
    aggregate: aggregate(own),
    ...(ability ? { ability } : {}),
    ...(bare ? { withoutEvidence: bare } : {}),
    ...(compared ? { renamed: compared } : {}),
  };
}

function memberOnTask(member: string, samples: readonly PanelSample[]): MemberOnTask[] {
  const own = samples.flatMap((one) => (one.member === member ? one.sample : []));
  if (own.length === 0) return [];
  const solved = own.filter(({ value }) => value === 1).length;
  const turns = own.flatMap(({ effort }) => effort.turns ?? []);
  const costs = own.flatMap(({ effort }) => effort.costUsd ?? []);
  return [
    {
      member,
      solved,
      samples: own.length,
      interval: jeffreys(solved, own.length),
      score: mean(own.map(({ value }) => value)),
      ...(turns.length > 0 ? { turns: mean(turns) } : {}),
      ...(costs.length > 0 ? { costUsd: mean(costs) } : {}),
    },
  ];
}

function withoutEvidence(
  samples: readonly ScoredSample[],
  { guess }: DifficultyThresholds,
): WithoutEvidence | undefined {
  if (samples.length === 0) return undefined;
  const solved = samples.filter(({ value }) => value === 1).length;
  return {
    solved,
    samples: samples.length,
    interval: jeffreys(solved, samples.length),
    p: binomialTail(solved, samples.length, guess),
  };
}

function renamedTask(
  asBuilt: readonly PanelSample[],
  renamed: readonly PanelSample[],
  isModel: ReadonlySet<string>,
): RenamedTask | undefined {
  const scores = (list: readonly PanelSample[]) =>
    list.flatMap(({ member, sample }) => (isModel.has(member) ? sample.value : []));
  const [before, after] = [scores(asBuilt), scores(renamed)];
  return before.length === 0 || after.length === 0
    ? undefined
    : { asBuilt: mean(before), renamed: mean(after) };
}

function valuesOf(samples: readonly PanelSample[], name: string): number[] {
  return samples.flatMap(({ member, sample }) => (member === name ? sample.value : []));
}
