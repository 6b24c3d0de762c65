/**
 * `npm run demo`: the main job on the embedded cluster, through the command line a user would type. Builds four tasks,
 * proves them, evaluates the reference agents, scores them and writes a report and a page per task.
 */
import { spawnSync } from 'node:child_process';
import { mkdirSync, rmSync } from 'node:fs';
import { join, relative } from 'node:path';

const root = join(import.meta.dirname, '..');
const out = join(root, 'out', 'demo');
const scenarios = ['search-release', 'payment-unreachable', 'two-at-once', 'quiet-evening'].map((name) =>
  join('scenarios', 'shop', `${name}.yaml`),
);

function culprit(title: string, ...args: string[]): void {
  process.stdout.write(
    `\n\u001b[1m${title}\u001b[0m\n$ culprit ${args.map((arg) => relative(root, arg) || arg).join(' ')}\n`,
  );
  const { status } = spawnSync(process.execPath, [join(root, 'bin', 'culprit.js'), ...args], {
    cwd: root,
    stdio: 'inherit',
  });
  if (status !== 0) process.exit(status ?? 1);
}

rmSync(out, { recursive: true, force: true });
mkdirSync(out, { recursive: true });
const started = performance.now();
culprit(
  '1. Build four tasks and prove their effect',
  'build',
  ...scenarios,
  '--out',
  join(out, 'snapshots'),
  '--jobs',
  '2',
);
culprit('2. Check what was frozen', 'snapshot', 'verify', join(out, 'snapshots'));
culprit(
  '3. Evaluate the reference agents',
  'eval',
  join(out, 'snapshots'),
  '--agent',
  'oracle',
  'nop',
  'shotgun',
  'loudest-alert',
  '--repeats',
  '1',
  '--out',
  join(out, 'run'),
);
culprit(
  '4. A report, and a page per task',
  'report',
  join(out, 'run'),
  '--out',
  join(out, 'report.html'),
  '--pages',
  join(out, 'pages'),
);
process.stdout.write(`\nDone in ${((performance.now() - started) / 1000).toFixed(0)} s.\n`);
