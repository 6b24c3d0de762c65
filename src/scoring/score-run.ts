import { createResolver } from '../entity/resolver.ts';
import { readGroundTruth } from '../snapshot/private/truth.ts';
import { readPublic } from '../snapshot/public-reader.ts';
import type { GroundTruth } from '../spec/bundle.ts';
import type { ScoredSample } from './aggregate.ts';
import { type DuplicatePolicy, type Score, scoreSubmission } from './score-submission.ts';
import { universeOfBundle } from './universe-of-bundle.ts';

/** Scores submissions to one task; made once, used for every repeat and agent. */
export interface TaskScorer {
  readonly task: string;
  readonly truth: GroundTruth;
  score(submission: string | Uint8Array | undefined): Score;
  /** A sample for the aggregate. */
  sample(repeat: number, score: Score): ScoredSample;
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
  return {
    task,
    truth,
    score: (submission) => scoreSubmission(submission, truth, resolver, policy),
    sample: (repeat, score) => ({
      task,
      repeat,
      value: score.value,
      control: score.control,
      split,
      provider,
      application,
    }),
  };
}
