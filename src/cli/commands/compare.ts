import { resolve } from 'node:path';
import { exitCodes, UserError } from '../../base/errors.ts';
import { RunDirectory } from '../../harness/run-directory.ts';
import { compareSamples, type SampleComparison } from '../../scoring/compare-samples.ts';
import type { PairedComparison } from '../../scoring/statistics/paired.ts';
import { readIdentities } from '../identities.ts';
import type { Command } from '../io.ts';
import { requireSameTasks, type ScoredRun, scoreSamples } from '../run-scores.ts';
import { formatTable } from '../table.ts';

interface CompareOptions {
  readonly first: string;
  readonly second: string;
  readonly agent?: string;
  readonly with?: string;
  readonly identity?: readonly string[];
}

/** `culprit compare RUN RUN`: what can be said about the difference of two agents, task by task. */
export const compare: Command<CompareOptions> = async (options, io) => {
  const runs = [
    await RunDirectory.open(resolve(io.cwd, options.first)),
    await RunDirectory.open(resolve(io.cwd, options.second)),
  ] as const;
  requireSameTasks(runs);
  const identities = await readIdentities(options.identity, io);
  const first = await scoreSamples(runs[0], 'collapse', identities);
  const second = await scoreSamples(runs[1], 'collapse', identities);
  const comparisons = pairsOf(first, second, options).map(([one, other]) => ({
    first: side(first, one),
    second: side(second, other),
    comparisons: compareSamples(first.scored.get(one) ?? [], second.scored.get(other) ?? []),
  }));
  io.stdout.write(
    options.json
      ? `${JSON.stringify({ comparisons }, undefined, 2)}\n`
      : comparisons.map(({ first, second, comparisons }) => render(first, second, comparisons)).join('\n'),
  );
  return exitCodes.ok;
};

interface Side {
  readonly run: string;
  readonly agent: string;
  readonly isolated: boolean;
}

function side({ scores }: ScoredRun, agent: string): Side {
  return { run: scores.run, agent, isolated: scores.isolated };
}

/** The two that were asked for; the only ones; or those with the same name in both runs. */
function pairsOf(
  first: ScoredRun,
  second: ScoredRun,
  { agent, with: other }: CompareOptions,
): (readonly [string, string])[] {
  const [one, two] = [[...first.scored.keys()], [...second.scored.keys()]];
  const known = (name: string, names: readonly string[], run: ScoredRun) => {
    if (names.includes(name)) return name;
    throw new UserError('agent', `${run.run.path} has no agent "${name}"`, {
      hint: `it has: ${names.join(', ')}`,
    });
  };
  const [only, alone] = [one.length === 1 ? one[0] : undefined, two.length === 1 ? two[0] : undefined];
  const left = agent ?? only;
  const right = other ?? (agent !== undefined && two.includes(agent) ? agent : alone);
  if (left !== undefined && right !== undefined)
    return [[known(left, one, first), known(right, two, second)]];
  const both = agent === undefined && other === undefined ? one.filter((name) => two.includes(name)) : [];
  if (both.length === 0)
    throw new UserError('agent', 'it is not clear which agents to compare', {
      hint: `name one of the first run with --agent (${one.join(', ')}) and one of the second with --with (${two.join(', ')})`,
    });
  return both.map((name) => [name, name] as const);
}

function render(first: Side, second: Side, comparisons: readonly SampleComparison[]): string {
  const label = (name: string, { run, agent, isolated }: Side) =>
    `${name}: ${agent} in ${run}${isolated ? '' : ' (NOT ISOLATED)'}\n`;
  return `${label('first', first)}${label('second', second)}${comparisons.map(renderProvider).join('')}`;
}

function renderProvider({ provider, score, falseAlarms, unpaired }: SampleComparison): string {
  const columns = [score, falseAlarms];
  const row = (name: string, pick: (comparison: PairedComparison) => string | undefined) => [
    name,
    ...columns.map((comparison) => (comparison && pick(comparison)) ?? '–'),
  ];
  const signed = (value: number) => `${value < 0 ? '−' : '+'}${Math.abs(value).toFixed(3)}`;
  const range = (interval: readonly [number, number] | undefined) => interval?.map(signed).join(' to ');
  const table = formatTable(
    [provider, 'score', 'false alarms'],
    [
      row('tasks in both, families', ({ tasks, families }) => `${tasks}, ${families}`),
      row('first', ({ first }) => first.toFixed(3)),
      row('second', ({ second }) => second.toFixed(3)),
      row('difference (second − first)', ({ difference }) => signed(difference)),
      row('  95 % interval', ({ interval }) => range(interval)),
      row('  bootstrap', ({ bootstrap }) => range(bootstrap)),
      row('  permutation test', ({ permutation: { p, method } }) => `p = ${p.toFixed(4)} (${method})`),
      row('smallest difference to be seen', ({ smallestDetectable }) => smallestDetectable?.toFixed(3)),
      row('  with endless repeats', ({ smallestDetectableByRepeats }) =>
        smallestDetectableByRepeats?.toFixed(3),
      ),
    ],
  );
  const missing =
    unpaired.length === 0
      ? ''
      : `left out, in one run only: ${unpaired.length} tasks (${unpaired.join(', ')})\n`;
  return `\n${table}${missing}${score ? verdict(score) : ''}`;
}

function verdict({ interval, difference, smallestDetectable }: PairedComparison): string {
  if (!interval)
    return difference === 0
      ? 'The score is the same on every task: nothing to test.\n'
      : 'Too few families of tasks to say how certain the difference is.\n';
  if (interval[0] > 0) return 'The second scores higher, beyond what chance explains.\n';
  if (interval[1] < 0) return 'The first scores higher, beyond what chance explains.\n';
  return `No difference is shown; as many tasks and repeats would show one of ${smallestDetectable?.toFixed(2)} in four of five trials.\n`;
}
