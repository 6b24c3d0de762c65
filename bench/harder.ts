/**
 * Whether the options that are to make a task harder do: the same fault is built without and with each of them, and the
 * solvers without a model are asked. Prints the table of docs/harder.md.
 *
 *   node bench/harder.ts [--json] [CASE…]
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { buildScenario } from '../src/author/build-scenario.ts';
import { BuildSession } from '../src/author/build-session.ts';
import { hash32, key } from '../src/base/random.ts';
import { formatTable } from '../src/cli/table.ts';
import { loadLinted } from '../src/gate/lint/linted-bundle.ts';
import { neighboursOf } from '../src/gate/lint/tell-apart.ts';
import { floorSolvers } from '../src/harness/agents/floor.ts';
import { loadTask } from '../src/harness/load-task.ts';
import { createTaskScorer } from '../src/scoring/score-run.ts';
import type { Scenario } from '../src/spec/scenario.ts';
import { type Case, cases } from './harder/cases.ts';

/** How far the solvers get on one task; each a mean over those that look at it. */
interface Reach {
  /** The metric of the benchmark. */
  readonly score: number;
  /** One over the place of the first cause in a solver's list; 0 where it is not in it. */
  readonly cause: number;
  /** The same for the first cause or direct neighbour of one: whether a solver leads to where the cause is. */
  readonly near: number;
  readonly solvedBy: readonly string[];
}

const looking = floorSolvers.filter(({ level, name }) => level !== 'chance' && name !== 'kind-prior');
const signal = new AbortController().signal;
const out = mkdtempSync(join(tmpdir(), 'harder-'));
const wanted = process.argv.slice(2).filter((argument) => !argument.startsWith('--'));
const rows: { option: string; fault: string; without: Reach; with: Reach }[] = [];
try {
  for (const one of cases.filter(({ option }) => wanted.length === 0 || wanted.includes(option))) {
    const [without, changed] = [await measure(one, 'without'), await measure(one, 'with')];
    rows.push({ option: one.option, fault: one.fault, without, with: changed });
    process.stderr.write(`${one.option}: ${text(without)} -> ${text(changed)}\n`);
  }
} finally {
  rmSync(out, { recursive: true, force: true });
}
process.stdout.write(
  process.argv.includes('--json')
    ? `${JSON.stringify(rows, undefined, 2)}\n`
    : formatTable(
        ['option', 'fault', 'score', 'finds the cause', 'gets near it', 'solved by'],
        rows.map(({ option, fault, without, with: changed }) => [
          option,
          fault,
          ...(['score', 'cause', 'near'] as const).map((of) => arrow(without[of], changed[of])),
          `${without.solvedBy.length} -> ${changed.solvedBy.length}`,
        ]),
      ),
);

async function measure(one: Case, side: 'without' | 'with'): Promise<Reach> {
  const scenario: Scenario = {
    apiVersion: 'culprit.dev/v1',
    kind: 'Scenario',
    metadata: { name: `${one.option}-${side}`, summary: one.fault, split: 'public', version: 1 },
    domain: 'sre',
    application: 'shop',
    cluster: 'embedded',
    timeline: { warmUp: '3m', baseline: '4m', incident: '8m' },
    load: { requestsPerSecond: 8 },
    telemetry: { traceSampling: 0.05 },
    ...one.without,
    ...(side === 'with' ? one.with : {}),
  };
  const path = join(out, `${scenario.metadata.name}.yaml`);
  writeFileSync(path, stringify(scenario));
  // the same world for both sides
  const seed = [0, 1, 2, 3]
    .map((part) => key(hash32(one.option), 'harder', part).toString(16).padStart(8, '0'))
    .join('');
  const built = await buildScenario(
    { scenario: path, out: join(out, scenario.metadata.name), seed, counterfactual: false },
    // what is looked at here need not be fit for a suite
    { signal, session: new BuildSession(), check: async () => [] },
  );
  return reachOf(built.directory);
}

async function reachOf(bundle: string): Promise<Reach> {
  const task = await loadTask(bundle);
  const scorer = await createTaskScorer(bundle, 'collapse');
  const causes = new Set(scorer.truth.rootCauses.map(({ entity }) => entity));
  const near = new Set([
    ...causes,
    ...neighboursOf(await loadLinted(bundle)).map(({ neighbour }) => neighbour),
  ]);
  let [score, cause, around] = [0, 0, 0];
  const solvedBy: string[] = [];
  for (const solver of looking) {
    const { submission } = await solver.solve(task, { repeat: 0, signal, record: () => {} });
    const value = scorer.score(submission).value;
    const suspects = (await solver.rank(task.evidence, 0)) ?? [];
    score += value;
    cause += reciprocal(suspects, causes);
    around += reciprocal(suspects, near);
    if (value === 1) solvedBy.push(solver.name);
  }
  return {
    score: score / looking.length,
    cause: cause / looking.length,
    near: around / looking.length,
    solvedBy,
  };
}

function reciprocal(
  suspects: readonly { readonly entity: string }[],
  wantedOnes: ReadonlySet<string>,
): number {
  const place = suspects.findIndex(({ entity }) => wantedOnes.has(entity));
  return place < 0 ? 0 : 1 / (place + 1);
}

function arrow(before: number, after: number): string {
  return `${before.toFixed(2)} -> ${after.toFixed(2)}`;
}

function text({ score, cause, near, solvedBy }: Reach): string {
  return `score ${score.toFixed(2)}, cause ${cause.toFixed(2)}, near ${near.toFixed(2)}, solved by ${solvedBy.join(' ')}`;
}
