import { resolve } from 'node:path';
import { exitCodes, UserError } from '../../base/errors.ts';
import { floorOf, measureDifficulty, notMeasured, type TaskDifficulty } from '../../gate/floor/difficulty.ts';
import { findBundles } from '../../harness/load-task.ts';
import { readIdentities } from '../identities.ts';
import type { Command } from '../io.ts';
import { ProgressLine } from '../progress-line.ts';
import { formatTable } from '../table.ts';

interface DifficultyOptions {
  readonly task: readonly string[];
  readonly repeats?: string;
  readonly identity?: readonly string[];
  readonly failTrivial?: boolean;
}

/** `culprit difficulty TASK…`: the gates of the scorer and the solvers without a model; no model is asked. */
export const difficulty: Command<DifficultyOptions> = async (options, io) => {
  const repeats = Number(options.repeats ?? '20');
  if (!Number.isInteger(repeats) || repeats < 1 || repeats > 10_000)
    throw new UserError(
      'repeats',
      `--repeats takes a whole number from 1 to 10000, not "${options.repeats}"`,
    );
  const identities = await readIdentities(options.identity, io);
  const bundles = await findBundles(options.task.map((path) => resolve(io.cwd, path)));
  const progress = new ProgressLine(io.stderr, options.quiet);
  const tasks: TaskDifficulty[] = [];
  for (const [index, bundle] of bundles.entries()) {
    progress.update(`${index + 1}/${bundles.length} ${bundle}`);
    tasks.push(await measureDifficulty(bundle, { repeats, signal: io.signal, identities }));
  }
  progress.clear();
  const floor = floorOf(tasks);
  io.stdout.write(
    options.json
      ? `${JSON.stringify({ apiVersion: 'culprit.dev/v1', kind: 'Difficulty', tasks, floor, notMeasured }, undefined, 2)}\n`
      : render(tasks, floor),
  );
  const bad = (task: TaskDifficulty) =>
    task.verdict === 'broken' || (options.failTrivial === true && task.verdict === 'trivial');
  return tasks.some(bad) ? exitCodes.failed : exitCodes.ok;
};

function render(tasks: readonly TaskDifficulty[], floor: ReturnType<typeof floorOf>): string {
  const incidents = tasks.filter(({ control }) => !control);
  const heads = tasks.map(({ task }) => task);
  const rows = (tasks[0]?.solvers ?? []).map(({ solver, level }, index) => [
    solver,
    level,
    ...tasks.map(({ solvers }) => cell(solvers[index]?.score ?? 0)),
    `${amount(floor.find((one) => one.solver === solver)?.solved ?? 0)}/${incidents.length}`,
  ]);
  const facts = [
    ['causes', '', ...tasks.map(({ control, causes }) => (control ? 'control' : String(causes)))],
    ['entities', '', ...tasks.map(({ entities }) => String(entities))],
    ['verdict', '', ...tasks.map(({ verdict }) => verdict)],
  ];
  const gateRows = (tasks[0]?.gates ?? []).map(({ gate }, index) => [
    gate,
    String(tasks.reduce((sum, { gates }) => sum + (gates[index]?.tried ?? 0), 0)),
    tasks.every(({ gates }) => gates[index]?.ok) ? 'ok' : 'FAILED',
  ]);
  const problems = tasks.flatMap(({ task, gates }) =>
    gates.flatMap((gate) => gate.problems.map((problem) => `${task}  ${gate.gate}: ${problem}\n`)),
  );
  const unsolved = incidents.filter(({ solvers }) =>
    solvers.every(({ solved, level }) => level === 'chance' || solved === 0),
  ).length;
  const trivial = tasks.filter(({ verdict }) => verdict === 'trivial');
  return `Solvers without a model: score by task (- is 0)
${formatTable(['solver', 'level', ...heads, 'solved'], [...rows, ...facts])}
Gates
${formatTable(['gate', 'tried', 'result'], gateRows)}${problems.join('')}
${incidents.length} tasks with causes: ${trivial.length} trivial, ${unsolved} solved by no solver but by chance.
${trivial.map(({ task, trivialFor }) => `  ${task} is trivial: ${trivialFor.join(', ')}\n`).join('')}
Not part of this version, so no task is called sound and what is not trivial stays undetermined:
${notMeasured.map((line) => `  ${line}\n`).join('')}`;
}

function cell(score: number): string {
  return score === 0 ? '-' : amount(score);
}

function amount(value: number): string {
  return Number.isInteger(value) ? String(value) : value.toFixed(2);
}
