import { OperationError } from '../../base/errors.ts';
import type { Application } from '../../spec/application.ts';
import type { Counterfactuals, CounterfactualWorld } from '../../spec/counterfactuals.ts';
import type { Operation, Plan } from '../../spec/plan.ts';
import type { WorldRun } from '../run-world.ts';
import { counterfactualProblems, judgeCauses, judgeDistractors } from './judge.ts';
import { indicatorRows, observe, type TwinView } from './observe.ts';
import { type CauseGroup, counterfactualWorlds } from './worlds.ts';

/** What the pipeline has already when the proof begins. */
export interface KnownWorlds {
  readonly plan: Plan;
  readonly application: Application;
  readonly causes: readonly CauseGroup[];
  /** What the task showed. */
  readonly task: Omit<CounterfactualWorld, 'names' | 'operations'>;
  readonly twin: TwinView;
  readonly triggers: Counterfactuals['triggers'];
}

/**
 * The counterfactual proof: runs the worlds that task and twin do not show already, one after the other, and judges.
 * @param world runs a world with these operations; it is disposed of here
 */
export async function runCounterfactuals(
  known: KnownWorlds,
  world: (name: string, operations: readonly Operation[]) => Promise<WorldRun>,
  onProgress?: (done: number) => void,
): Promise<Counterfactuals> {
  const { plan, application, causes } = known;
  const twin = known.twin.indicators;
  const entities = new Set(causes.map(({ entity }) => entity));
  const planned = counterfactualWorlds(plan, causes);
  const worlds: CounterfactualWorld[] = [];
  for (const [index, { names, operations }] of planned.entries()) {
    onProgress?.(index / planned.length);
    const seen = names.includes('task')
      ? known.task
      : names.includes('twin')
        ? { alerts: [], symptoms: [], indicators: indicatorRows(application, twin, twin) }
        : await look(`world-${index}`, operations);
    worlds.push({ names: [...names], operations: operations.map(({ id }) => id), ...seen });
  }
  const judged = judgeCauses(worlds, causes, application, plan.latent);
  // a control has no cause: its one world is cover and distractors alone
  const alone = causes.length === 0 ? 'task' : 'distractors';
  const distractors = judgeDistractors(
    worlds.find(({ names }) => names.includes(alone)),
    application,
  );
  return {
    apiVersion: 'culprit.dev/v1',
    kind: 'Counterfactuals',
    worlds,
    causes: [...judged],
    triggers: known.triggers,
    distractors,
    problems: [...counterfactualProblems(judged, known.triggers, distractors)],
  };

  async function look(name: string, operations: readonly Operation[]) {
    const run = await world(name, operations);
    try {
      return await observe(
        { recording: run.recording, prometheus: run.cluster.prometheus },
        known.twin,
        application,
        entities,
      );
    } finally {
      await run.injection.close();
      await run.cluster[Symbol.asyncDispose]();
    }
  }
}

/** Why the worlds of a build are not run; `undefined` if they are. */
export function whySkipped(job: { readonly counterfactual?: boolean }, provider: string): string | undefined {
  if (job.counterfactual ?? provider === 'embedded') return undefined;
  return provider === 'embedded'
    ? 'the author left it out (--no-counterfactual)'
    : `time is real on ${provider}: every world would take as long as the task (--counterfactual runs them)`;
}

/** The error of a scenario that is not sound: exit 1, no bundle. */
export function notSound(scenario: string, { problems, worlds }: Counterfactuals): OperationError {
  return new OperationError(
    'not-sound',
    `the causes of ${scenario} do not bear the counterfactual proof; no bundle was made\n${problems.map((problem) => `  - ${problem}`).join('\n')}`,
    {
      hint: 'each cause has to be needed and to suffice for a part of the incident: choose targets that do not hide each other, leave one out, or move it in time; docs/proof.md says more',
      details: { problems, worlds },
    },
  );
}

/** The file of a bundle whose worlds were not run. */
export function skippedCounterfactuals(why: string): Counterfactuals {
  return {
    apiVersion: 'culprit.dev/v1',
    kind: 'Counterfactuals',
    skipped: why,
    worlds: [],
    causes: [],
    triggers: { undone: [], lasting: [] },
    distractors: { holds: false, detail: 'not looked at' },
    problems: [],
  };
}
