/**
 * Whether the options that are to make a task harder do: the same fault is built without and with each of them in the
 * same worlds, and the solvers without a model are asked. Prints the table of docs/harder.md.
 *
 *   node bench/harder.ts [--json] [--seeds 5] [--from 1] [--keep DIR] [CASE…]
 *
 * Seeds 1 and following are those of the documented run. Cases were chosen with seeds from 101 on (`--from 101`).
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { formatTable } from '../src/cli/table.ts';
import { studentQuantile } from '../src/scoring/statistics/distributions.ts';
import { cases } from './harder/cases.ts';
import { looking, measure, type Scores } from './harder/measure.ts';

interface Pair {
  readonly without: Scores;
  readonly with: Scores;
}

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    json: { type: 'boolean', default: false },
    seeds: { type: 'string', default: '5' },
    from: { type: 'string', default: '1' },
    keep: { type: 'string' },
  },
});
const seeds = Array.from({ length: Number(values.seeds) }, (_, n) => Number(values.from) + n);
const out = values.keep ?? mkdtempSync(join(tmpdir(), 'harder-'));
await mkdir(out, { recursive: true });
const rows: { option: string; fault: string; pairs: Pair[]; failed: string[] }[] = [];
try {
  for (const one of cases.filter(({ option }) => positionals.length === 0 || positionals.includes(option))) {
    const row = { option: one.option, fault: one.fault, pairs: [] as Pair[], failed: [] as string[] };
    rows.push(row);
    for (const seed of seeds)
      try {
        const pair = {
          without: await measure(one.without, seed, out),
          with: await measure({ ...one.without, ...one.with }, seed, out),
        };
        row.pairs.push(pair);
        process.stderr.write(`${one.option} ${seed}: ${told(pair.without)} -> ${told(pair.with)}\n`);
      } catch (error) {
        // a world in which the effect cannot be proved makes no task, so there is nothing to solve
        row.failed.push(`${seed}: ${(error as Error).message}`);
        process.stderr.write(`${one.option} ${seed}: ${(error as Error).message}\n`);
      }
  }
} finally {
  if (values.keep === undefined) rmSync(out, { recursive: true, force: true });
}
process.stdout.write(
  values.json
    ? `${JSON.stringify(rows, undefined, 2)}\n`
    : formatTable(
        ['option', 'fault', 'score', 'difference', 'fell', 'rose', 'who solves it less often'],
        rows.map(({ option, fault, pairs }) => {
          const differences = pairs.map((pair) => meanOf(pair.with) - meanOf(pair.without));
          return [
            option,
            fault,
            `${mean(pairs.map((pair) => meanOf(pair.without))).toFixed(2)} -> ${mean(pairs.map((pair) => meanOf(pair.with))).toFixed(2)}`,
            interval(differences),
            `${differences.filter((value) => value < -1e-9).length} of ${pairs.length}`,
            `${differences.filter((value) => value > 1e-9).length}`,
            misled(pairs),
          ];
        }),
      ),
);

/** Mean score over the solvers. */
function meanOf(scores: Scores): number {
  return mean(looking.map(({ name }) => scores[name] ?? 0));
}

function mean(numbers: readonly number[]): number {
  return numbers.reduce((sum, value) => sum + value, 0) / numbers.length;
}

/** Mean and Student's 95 % interval over the seeds. */
function interval(differences: readonly number[]): string {
  const middle = mean(differences);
  const n = differences.length;
  if (n < 2) return middle.toFixed(3);
  const variance = differences.reduce((sum, value) => sum + (value - middle) ** 2, 0) / (n - 1);
  const half = studentQuantile(0.975, n - 1) * Math.sqrt(variance / n);
  return `${middle.toFixed(3)} (${(middle - half).toFixed(3)} to ${(middle + half).toFixed(3)})`;
}

/** Solvers whose score fell, and by how many seeds' worth; those whose score rose with a plus. */
function misled(pairs: readonly Pair[]): string {
  return looking
    .flatMap(({ name }) => {
      const sum = pairs.reduce((all, pair) => all + (pair.with[name] ?? 0) - (pair.without[name] ?? 0), 0);
      return Math.abs(sum) < 1e-9 ? [] : [`${name} ${sum > 0 ? '+' : ''}${Number(sum.toFixed(1))}`];
    })
    .join(', ');
}

function told(scores: Scores): string {
  const solved = looking.filter(({ name }) => scores[name] === 1).map(({ name }) => name);
  return `${meanOf(scores).toFixed(2)} (${solved.join(' ') || 'nobody'})`;
}
