import { skippedCounterfactuals } from './counterfactual/run-counterfactuals.ts';
import { freezeTask, type TaskToFreeze } from './freeze-task.ts';

/**
 * Keeps the task of an effect that was not proved in `<folder>/<task id>`, so that its author can see why: in the form of a
 * bundle, for every tool reads that, and with `unproved` in its effects, so that none takes it for one (`BND015`). Answers
 * where it is.
 */
export async function keepUnproved(
  task: Omit<TaskToFreeze, 'counterfactuals'>,
  problems: readonly string[],
  folder: string,
): Promise<string> {
  const counterfactuals = skippedCounterfactuals('the effect was not proved');
  const effects = { ...task.effects, unproved: problems };
  const { directory } = await freezeTask({ ...task, effects, counterfactuals }, folder, undefined);
  return directory;
}
