import { CulpritError } from '../base/errors.ts';
import { byCodeUnit } from '../base/order.ts';
import { createResolver } from '../entity/resolver.ts';
import { readGroundTruth } from '../snapshot/private/truth.ts';
import { readPublic } from '../snapshot/public-reader.ts';
import type { GroundTruth } from '../spec/bundle.ts';
import { type DuplicatePolicy, type Score, scoreSubmission } from './score-submission.ts';
import type { Effort, ScoredSample } from './scored-sample.ts';
import { readTaskTruth, type TaskTruth } from './task-truth.ts';
import { universeOfBundle } from './universe-of-bundle.ts';
import { wrongWith } from './wrong-answers.ts';

/** Scores submissions to one task; made once, used for every repeat and agent. */
export interface TaskScorer {
  readonly task: string;
  readonly truth: GroundTruth;
  score(submission: string | Uint8Array | undefined): Score;
  /** A sample for the aggregate. */
  sample(repeat: number, score: Score, effort?: Effort): ScoredSample;
}

/** Reads a bundle's truth and universe. UserError if the private part is missing, or sealed without a key. */
export async function createTaskScorer(
  bundle: string,
  policy: DuplicatePolicy = 'collapse',
  identities: readonly string[] = [],
): Promise<TaskScorer> {
  const evidence = await readPublic(bundle);
  const truth = await readGroundTruth(bundle, identities);
  const resolver = createResolver(await universeOfBundle(evidence));
  const { task, split, provider, application } = evidence.manifest;
  const labels = await readTaskTruth(bundle, identities).catch((error: unknown) => {
    // the truth is enough for a score
    if (CulpritError.isInstance(error) && error.code === 'no-private-part') return undefined;
    throw error;
  });
  // what a held-out scenario says of itself stays inside the seal, also in breakdowns of results
  const told = split === 'held-out' ? undefined : labels;
  const family = familyOf(task, application, truth, labels);
  return {
    task,
    truth,
    score: (submission) => scoreSubmission(submission, truth, resolver, policy),
    sample: (repeat, score, effort = {}) => ({
      task,
      repeat,
      value: score.value,
      control: score.control,
      recall: score.recall,
      precision: score.precision,
      wrong: wrongWith(score),
      split,
      provider,
      application,
      family,
      category: told?.category ?? 'none',
      tags: told?.tags ?? [],
      effort,
    }),
  };
}

/** The same faults on the same targets of an application; control tasks: the same scenario. */
function familyOf(
  task: string,
  application: string,
  { rootCauses }: GroundTruth,
  labels: TaskTruth | undefined,
): string {
  const what =
    rootCauses.length === 0
      ? `control ${labels?.scenario ?? task}`
      : rootCauses
          .map(({ fault, entity }) => `${fault} ${entity}`)
          .sort(byCodeUnit)
          .join(' + ');
  return `${application}: ${what}`;
}
