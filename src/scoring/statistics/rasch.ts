/** A number on the scale of log odds, with its standard error. */
export interface Logit {
  readonly value: number;
  readonly standardError: number;
}

export interface RaschFit {
  /** Of every task, 0 in the mean: where it is 1, a solver of ability 1 solves it half of the time. */
  readonly difficulty: readonly Logit[];
  /** Of every solver. */
  readonly ability: readonly Logit[];
}

/** Solved of tried, for a task and a solver. */
export interface Solved {
  readonly solved: number;
  readonly tried: number;
}

/** Spread of the normal priors that keep what is always or never solved finite. */
const priorVariance = 4;

/**
 * Rasch's model, log odds = ability − difficulty, at its posterior mode. It says of a task how hard it is when solvers
 * differ, and nothing of how well it tells them apart: that takes a parameter more a task and more solvers than a panel
 * has. `counts[task][solver]`.
 */
export function fitRasch(counts: readonly (readonly Solved[])[]): RaschFit {
  const solvers = counts[0]?.length ?? 0;
  const difficulty = counts.map(() => 0);
  const ability = Array.from({ length: solvers }, () => 0);
  const rate = (task: number, solver: number) =>
    1 / (1 + Math.exp((difficulty[task] ?? 0) - (ability[solver] ?? 0)));
  /** Newton's step and the curvature for one number with all others held. */
  const step = (value: number, cells: readonly (readonly [cell: Solved, rate: number])[], sign: 1 | -1) => {
    let [slope, curvature] = [-value / priorVariance, 1 / priorVariance];
    for (const [{ solved, tried }, expected] of cells) {
      slope += sign * (solved - tried * expected);
      curvature += tried * expected * (1 - expected);
    }
    return { change: Math.max(-2, Math.min(2, slope / curvature)), curvature };
  };
  const cellsOfTask = (task: number) =>
    (counts[task] ?? []).map((cell, solver) => [cell, rate(task, solver)] as const);
  const cellsOfSolver = (solver: number) =>
    counts.map((row, task) => [row[solver] ?? { solved: 0, tried: 0 }, rate(task, solver)] as const);
  for (let round = 0; round < 500; round++) {
    let largest = 0;
    for (const task of difficulty.keys()) {
      const { change } = step(difficulty[task] ?? 0, cellsOfTask(task), -1);
      difficulty[task] = (difficulty[task] ?? 0) + change;
      largest = Math.max(largest, Math.abs(change));
    }
    for (const solver of ability.keys()) {
      const { change } = step(ability[solver] ?? 0, cellsOfSolver(solver), 1);
      ability[solver] = (ability[solver] ?? 0) + change;
      largest = Math.max(largest, Math.abs(change));
    }
    if (largest < 1e-9) break;
  }
  const centre = difficulty.reduce((sum, value) => sum + value, 0) / Math.max(1, difficulty.length);
  const logit = (value: number, curvature: number): Logit => ({
    value: value - centre,
    standardError: 1 / Math.sqrt(curvature),
  });
  return {
    difficulty: difficulty.map((value, task) => logit(value, step(value, cellsOfTask(task), -1).curvature)),
    ability: ability.map((value, solver) => logit(value, step(value, cellsOfSolver(solver), 1).curvature)),
  };
}
