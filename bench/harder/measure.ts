import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { buildScenario } from '../../src/author/build-scenario.ts';
import { BuildSession } from '../../src/author/build-session.ts';
import { sha256 } from '../../src/base/hash.ts';
import { hash32, key } from '../../src/base/random.ts';
import { floorSolvers } from '../../src/harness/agents/floor.ts';
import { loadTask } from '../../src/harness/load-task.ts';
import { createTaskScorer } from '../../src/scoring/score-run.ts';
import { taskId } from '../../src/snapshot/task-identity.ts';
import type { Scenario } from '../../src/spec/scenario.ts';
import type { Parts } from './cases.ts';

/** The solvers that look at the incident, and their ensemble. */
export const looking = floorSolvers.filter(({ level, name }) => level !== 'chance' && name !== 'kind-prior');

/** Score by solver. */
export type Scores = Readonly<Record<string, number>>;

const signal = new AbortController().signal;
const known = new Map<string, Promise<Scores>>();

/** Builds a scenario of these parts from a seed and asks every solver; the same parts and seed are built once. */
export function measure(parts: Parts, seed: number, out: string): Promise<Scores> {
  const scenario: Scenario = {
    apiVersion: 'culprit.dev/v1',
    kind: 'Scenario',
    metadata: { name: 'harder', summary: 'Built to see how far solvers get', split: 'public', version: 1 },
    domain: 'sre',
    application: 'shop',
    cluster: 'embedded',
    timeline: { warmUp: '3m', baseline: '4m', incident: '8m' },
    load: { requestsPerSecond: 10 },
    telemetry: { traceSampling: 0.1 },
    ...parts,
  };
  const text = stringify(scenario);
  const id = sha256(`${seed} ${text}`).slice(7, 23);
  const scores = known.get(id) ?? scoresOf(text, id, seed, out);
  known.set(id, scores);
  return scores;
}

async function scoresOf(text: string, id: string, seed: number, out: string): Promise<Scores> {
  const path = join(out, `${id}.yaml`);
  writeFileSync(path, text);
  const folder = join(out, id);
  const bundle = join(folder, taskId(seedText(seed)));
  // a folder that is kept saves what an earlier run has built
  if (!existsSync(bundle))
    await buildScenario(
      { scenario: path, out: folder, seed: seedText(seed), counterfactual: false },
      // what is looked at here need not be fit for a suite
      { signal, session: new BuildSession(), check: async () => [] },
    );
  const task = await loadTask(bundle);
  const scorer = await createTaskScorer(bundle, 'collapse');
  const scores: Record<string, number> = {};
  for (const solver of looking) {
    const { submission } = await solver.solve(task, { repeat: 0, signal, record: () => {} });
    scores[solver.name] = scorer.score(submission).value;
  }
  return scores;
}

function seedText(seed: number): string {
  return [0, 1, 2, 3].map((part) => key(hash32('harder'), seed, part).toString(16).padStart(8, '0')).join('');
}
