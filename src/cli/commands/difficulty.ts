import { relative, resolve } from 'node:path';
import { atomicWrite } from '../../base/atomic-write.ts';
import { exitCodes, UserError } from '../../base/errors.ts';
import { runGates } from '../../gate/verdict/run-gates.ts';
import { judgeSuite, judgeTask } from '../../gate/verdict/suite-difficulty.ts';
import { findBundles } from '../../harness/load-task.ts';
import { difficultyPage } from '../../report/difficulty-page.ts';
import { requireValid } from '../../spec/diagnostics-error.ts';
import { loadSuite } from '../../spec/load-suite.ts';
import { difficultyThresholds } from '../../spec/suite-difficulty.ts';
import { renderDifficulty } from '../difficulty-text.ts';
import { wholeNumber } from '../eval-plan.ts';
import { readIdentities } from '../identities.ts';
import type { Command, Io } from '../io.ts';
import { ProgressLine } from '../progress-line.ts';
import { type PanelOptions, runDifficultyPanel } from '../run-difficulty-panel.ts';

interface DifficultyOptions extends PanelOptions {
  readonly task: readonly string[];
  readonly suite?: string;
  readonly panel?: string;
  readonly repeats?: string;
  readonly identity?: readonly string[];
  readonly html?: string;
  readonly rebuild?: boolean;
  readonly jobs?: string;
}

/** `culprit difficulty TASK…`: every gate, the solvers without a model, the reference panel if there is one; a verdict. */
export const difficulty: Command<DifficultyOptions> = async (options, io) => {
  const repeats = wholeNumber('--repeats', options.repeats ?? '20', 1, 10_000);
  const jobs = wholeNumber('--jobs', options.jobs ?? '2', 1, 64);
  const html = options.html === undefined ? undefined : resolve(io.cwd, options.html);
  if (html !== undefined && !html.endsWith('.html'))
    throw new UserError('html', `${options.html} does not end in .html`, { hint: 'the page is one file' });
  const identities = await readIdentities(options.identity, io);
  const suite = await suiteOf(options, io);
  const bundles = await findBundles(options.task.map((path) => resolve(io.cwd, path)));
  const progress = new ProgressLine(io.stderr, options.quiet);
  const startedMs = performance.now();
  const gated = await runGates(bundles, {
    repeats,
    identities,
    signal: io.signal,
    onTask: (done, all, bundle) => progress.update(`gates ${done + 1}/${all} ${relative(io.cwd, bundle)}`),
    ...(options.rebuild
      ? {
          rebuild: {
            scenarios: suite.scenarios,
            jobs,
            onProgress: (finished: number, all: number, doing: string) =>
              progress.update(`built again ${finished}/${all} ${doing}`),
          },
        }
      : {}),
  });
  const seconds = (performance.now() - startedMs) / 1000;
  progress.clear();
  progress.note(
    `gates: ${gated.length} tasks in ${seconds.toFixed(1)} s, ${Math.round((60 * gated.length) / seconds)} a minute`,
  );
  const panel =
    options.panel === undefined
      ? undefined
      : await runDifficultyPanel(options.panel, gated, suite.thresholds, identities, options, io, progress);
  const judged = gated.map(({ floor, gates }) =>
    judgeTask({ ...floor, bundle: relative(io.cwd, floor.bundle) || '.' }, gates, panel),
  );
  const verdict = judgeSuite(judged, panel, suite);
  if (html !== undefined) {
    await atomicWrite(html, difficultyPage(verdict));
    progress.note(`page: ${relative(io.cwd, html)}`);
  }
  io.stdout.write(options.json ? `${JSON.stringify(verdict, undefined, 2)}\n` : renderDifficulty(verdict));
  if (panel && panel.stopped.length > 0) return exitCodes.failed;
  const isSound = verdict.problems.length === 0 && judged.every((task) => task.verdict === 'sound');
  return isSound ? exitCodes.ok : exitCodes.failed;
};

async function suiteOf({ suite }: DifficultyOptions, io: Io) {
  if (suite === undefined)
    return { name: undefined, thresholds: difficultyThresholds(), dropped: [], scenarios: [] };
  const { value, scenarioPaths } = requireValid(await loadSuite(resolve(io.cwd, suite)));
  return {
    scenarios: scenarioPaths,
    name: value.metadata.name,
    thresholds: difficultyThresholds(value.difficulty),
    dropped: value.dropped ?? [],
  };
}
