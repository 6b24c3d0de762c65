import { join, relative, resolve } from 'node:path';
import { atomicWrite } from '../../base/atomic-write.ts';
import { exitCodes } from '../../base/errors.ts';
import { RunDirectory } from '../../harness/run-directory.ts';
import { loadTaskPage } from '../../report/load-task-page.ts';
import { taskPage } from '../../report/task-page.ts';
import type { Command } from '../io.ts';
import { scoreRun } from '../run-scores.ts';

interface ReportOptions {
  readonly run: string;
  readonly out?: string;
}

/** `culprit report RUN`: a page per task of the run, each one self-contained HTML file. Contains the truth. */
export const report: Command<ReportOptions> = async (options, io) => {
  const run = await RunDirectory.open(resolve(io.cwd, options.run));
  const out = resolve(io.cwd, options.out ?? join(options.run, 'pages'));
  const scores = await scoreRun(run, 'collapse');
  const pages: { task: string; page: string }[] = [];
  for (const { task, directory } of run.run.tasks) {
    const answers = scores.samples.filter((sample) => sample.task === task && sample.repeat === 0);
    const page = join(out, `${task}.html`);
    await atomicWrite(page, taskPage(await loadTaskPage(join(run.path, directory), answers)));
    pages.push({ task, page: relative(io.cwd, page) });
  }
  io.stdout.write(
    options.json ? `${JSON.stringify(pages, undefined, 2)}\n` : pages.map(({ page }) => `${page}\n`).join(''),
  );
  return exitCodes.ok;
};
