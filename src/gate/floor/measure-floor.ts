import type { Agent, TaskView } from '../../harness/agent.ts';
import type { HeuristicLevel } from '../../harness/agents/heuristic.ts';
import type { TaskScorer } from '../../scoring/score-run.ts';

/** How one solver without a model did on one task. */
export interface SolverResult {
  readonly solver: string;
  readonly level: HeuristicLevel;
  /** Mean over the repeats. */
  readonly score: number;
  /** Repeats with a score of 1 over all of them. */
  readonly solved: number;
}

/** Runs solvers on a task as the harness would, in this process; what decides by chance is asked `repeats` times. */
export async function measureFloor(
  task: TaskView,
  scorer: TaskScorer,
  solvers: readonly (Agent & { readonly level: HeuristicLevel })[],
  repeats: number,
  signal: AbortSignal,
): Promise<readonly SolverResult[]> {
  const results: SolverResult[] = [];
  for (const solver of solvers) {
    const values: number[] = [];
    for (let repeat = 0; repeat < (solver.level === 'chance' ? repeats : 1); repeat++) {
      signal.throwIfAborted();
      const answer = await solver.solve(task, { repeat, signal, record: () => {} });
      values.push(scorer.score(answer.submission).value);
    }
    results.push({
      solver: solver.name,
      level: solver.level,
      score: values.reduce((sum, value) => sum + value, 0) / values.length,
      solved: values.filter((value) => value === 1).length / values.length,
    });
  }
  return results;
}
