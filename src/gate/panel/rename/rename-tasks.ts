import { join } from 'node:path';
import { Value } from 'typebox/value';
import { OperationError } from '../../../base/errors.ts';
import { createResolver } from '../../../entity/resolver.ts';
import { oracleSubmission } from '../../../scoring/oracle.ts';
import type { TaskScorer } from '../../../scoring/score-run.ts';
import { scoreSubmission } from '../../../scoring/score-submission.ts';
import { universeOfBundle } from '../../../scoring/universe-of-bundle.ts';
import { readPublic } from '../../../snapshot/public-reader.ts';
import { verifyBundle } from '../../../snapshot/verify-bundle.ts';
import { GroundTruth } from '../../../spec/bundle.ts';
import type { ScoredTask } from '../run-panel.ts';
import { renameBundle } from './rename-bundle.ts';

/**
 * Renamed copies of tasks with scorers for their renamed truth, which stays in memory. Each is checked: the bundle
 * verifies, the renamed truth scores 1 and the old one 0. OperationError otherwise.
 */
export async function renameTasks(
  tasks: readonly ScoredTask[],
  folder: string,
): Promise<readonly ScoredTask[]> {
  const renamed: ScoredTask[] = [];
  for (const { task, bundle, scorer } of tasks) {
    const target = join(folder, task);
    const { rename } = await renameBundle(bundle, target);
    const truth = Value.Parse(GroundTruth, JSON.parse(rename(JSON.stringify(scorer.truth))));
    const resolver = createResolver(await universeOfBundle(await readPublic(target)));
    const own: TaskScorer = {
      ...scorer,
      truth,
      score: (submission) => scoreSubmission(submission, truth, resolver, 'collapse'),
    };
    const { findings } = await verifyBundle(target);
    const [now, before] = [truth, scorer.truth].map((of) => own.score(oracleSubmission(of)).value);
    const problems = [
      ...findings.slice(0, 3).map(({ location, message }) => `${location.file}:${location.line} ${message}`),
      ...(now === 1 ? [] : [`the renamed truth scores ${now}`]),
      ...(before === 0 || truth.rootCauses.length === 0 ? [] : [`the old truth still scores ${before}`]),
    ];
    if (problems.length > 0)
      throw new OperationError(
        'renamed',
        `${task} under other names is not the same task: ${problems.join('; ')}`,
        {
          hint: 'set probes.renamed of the panel to 0 and report this: the names of the application are at fault',
        },
      );
    renamed.push({ task, bundle: target, scorer: own });
  }
  return renamed;
}
