import { key, Random } from '../../base/random.ts';
import { mean } from './clustered.ts';

/** How well a task tells stronger solvers from weaker ones. */
export interface ItemRest {
  /** Correlation of the solvers' results on the task with their means on all others; undefined if one does not vary. */
  readonly correlation: number | undefined;
  /** How often chance alone gives a correlation as low: small means that the weaker ones do better here. */
  readonly pNegative: number | undefined;
}

const exactUpTo = 7;
const samples = 5000;

/**
 * Corrected item-total correlation of every task. `scores[task][solver]` is a mean over repeats; every solver has one on
 * every task. With fewer than three solvers, or two tasks, nothing can be said.
 */
export function itemRest(scores: readonly (readonly number[])[]): readonly ItemRest[] {
  const solvers = scores[0]?.length ?? 0;
  const totals = Array.from({ length: solvers }, (_, solver) =>
    scores.reduce((sum, row) => sum + (row[solver] ?? 0), 0),
  );
  return scores.map((row, task) => {
    if (solvers < 3 || scores.length < 2) return { correlation: undefined, pNegative: undefined };
    const rest = totals.map((total, solver) => (total - (row[solver] ?? 0)) / (scores.length - 1));
    const correlation = pearson(row, rest);
    return {
      correlation,
      pNegative: correlation === undefined ? undefined : permutationP(row, rest, correlation, task),
    };
  });
}

/** Pearson's correlation; undefined if one side does not vary. */
export function pearson(a: readonly number[], b: readonly number[]): number | undefined {
  const [meanA, meanB] = [mean(a), mean(b)];
  let [ab, aa, bb] = [0, 0, 0];
  for (const [index, value] of a.entries()) {
    const [x, y] = [value - meanA, (b[index] ?? 0) - meanB];
    ab += x * y;
    aa += x * x;
    bb += y * y;
  }
  return aa < 1e-12 || bb < 1e-12 ? undefined : Math.max(-1, Math.min(1, ab / Math.sqrt(aa * bb)));
}

/** Share of assignments of the task's results to solvers whose correlation is as low: all of them, or 5000 drawn. */
function permutationP(
  row: readonly number[],
  rest: readonly number[],
  observed: number,
  task: number,
): number {
  let [low, all] = [0, 0];
  const look = (order: readonly number[]) => {
    all++;
    if ((pearson(order, rest) ?? 1) <= observed + 1e-9) low++;
  };
  if (row.length <= exactUpTo) {
    permute([...row], 0, look);
    return low / all;
  }
  const random = new Random(key(0, 'item-rest', task));
  for (let sample = 0; sample < samples; sample++) {
    const order = [...row];
    for (let at = order.length - 1; at > 0; at--) swap(order, at, random.integer(0, at));
    look(order);
  }
  // the order that was observed is one of them
  return (low + 1) / (all + 1);
}

function permute(items: number[], from: number, look: (order: readonly number[]) => void): void {
  if (from >= items.length - 1) return look(items);
  for (let at = from; at < items.length; at++) {
    swap(items, from, at);
    permute(items, from + 1, look);
    swap(items, from, at);
  }
}

function swap(items: number[], a: number, b: number): void {
  [items[a], items[b]] = [items[b] ?? 0, items[a] ?? 0];
}
