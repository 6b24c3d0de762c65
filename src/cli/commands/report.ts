import { join, relative, resolve } from 'node:path';
import { atomicWrite } from '../../base/atomic-write.ts';
import { exitCodes, UserError } from '../../base/errors.ts';
import { RunDirectory } from '../../harness/run-directory.ts';
import { reportPage } from '../../report/report-page.ts';
import { taskPage } from '../../report/task-page.ts';
import { readIdentities } from '../identities.ts';
import type { Command } from '../io.ts';
import { loadReport } from '../load-report.ts';
import { requireSameTasks, scoreSamples } from '../run-scores.ts';

interface ReportOptions {
  readonly run: readonly string[];
  readonly out?: string;
  readonly pages?: string;
  readonly identity?: readonly string[];
}

/** `culprit report RUN…`: one self-contained HTML file, and a page per task where asked for. Contains the truth, but for held-out tasks. */
export const report: Command<ReportOptions> = async (options, io) => {
  const runs: RunDirectory[] = [];
  for (const path of new Set(options.run.map((path) => resolve(io.cwd, path))))
    runs.push(await RunDirectory.open(path));
  requireSameTasks(runs);
  const identities = await readIdentities(options.identity, io);
  const scored = [];
  for (const run of runs) scored.push(await scoreSamples(run, 'collapse', identities));
  const data = await loadReport(scored, io.cwd);

  const out = resolve(io.cwd, options.out ?? join(options.run[0] ?? '', 'report.html'));
  if (!out.endsWith('.html'))
    throw new UserError('out', `${options.out} does not end in .html`, {
      hint: 'a report is one file; --pages names a folder for a page per task',
    });
  await atomicWrite(out, reportPage(data));
  const pages: { task: string; page: string }[] = [];
  if (options.pages !== undefined)
    for (const { page: shown, samples } of data.tasks) {
      const page = resolve(io.cwd, options.pages, `${shown.task}.html`);
      const answers = samples.filter(({ repeat }) => repeat === 0);
      await atomicWrite(page, taskPage({ ...shown, answers }));
      pages.push({ task: shown.task, page: relative(io.cwd, page) });
    }
  const file = relative(io.cwd, out);
  io.stdout.write(
    options.json
      ? `${JSON.stringify({ report: file, pages }, undefined, 2)}\n`
      : [file, ...pages.map(({ page }) => page)].map((path) => `${path}\n`).join(''),
  );
  return exitCodes.ok;
};
