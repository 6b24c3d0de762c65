import { isRoutine } from '../../../snapshot/log-sample.ts';
import { defaultBudget } from '../../../snapshot/write-public.ts';
import type { BundleRule, Found } from '../finding.ts';
import type { LintedBundle } from '../linted-bundle.ts';

export const fileSize: BundleRule = {
  scope: 'bundle',
  code: 'LEK012',
  name: 'file-size',
  finds:
    'logs of a cause that were frozen unlike those of the others: more ordinary lines than are kept of any, or alone without a line',
  why: 'a listing of file sizes would point at the touched object; what fails may log more, and that is no finding',
  *check(bundle) {
    const logs = bundle.files.flatMap((file) => {
      const [, folder, namespace, pod] = file.path.split('/');
      return folder === 'logs'
        ? [{ ...file, workload: bundle.universe.fold(`${namespace}/Pod/${pod}`) }]
        : [];
    });
    yield* tooLarge(logs);
    yield* emptied(bundle, logs);
  },
};

type Log = { readonly path: string; readonly text: string; readonly workload: string };

function* tooLarge(logs: readonly Log[]): Generator<Found> {
  for (const { path, text } of logs) {
    if (text.length <= defaultBudget.logBytesPerContainer) continue;
    // `2026-01-05T00:00:00.000000Z text`
    const ordinary = text.split('\n').filter((line) => isRoutine(line.slice(line.indexOf(' ') + 1)));
    const bytes = ordinary.reduce((sum, line) => sum + line.length + 1, 0);
    if (bytes > defaultBudget.logBytesPerContainer)
      yield {
        file: path,
        line: 1,
        message: `has ${Math.ceil(bytes / 1024)} KB of ordinary lines; at most ${defaultBudget.logBytesPerContainer / 1024} KB of a log are kept`,
      };
  }
}

/** A log of a cause without a line where every other has some. */
function* emptied({ truth, manifest }: LintedBundle, logs: readonly Log[]): Generator<Found> {
  const causes = new Set(truth?.groundTruth.rootCauses.map(({ entity }) => entity));
  const others = logs.filter(({ workload }) => !causes.has(workload));
  const silent = others.filter(({ text }) => text === '').length;
  // where logs without a line are nothing special, one more is not either
  if (silent > 0) return;
  for (const { path, text, workload } of logs)
    if (causes.has(workload) && text === '')
      yield { file: path, line: 1, message: `is the only log without a line (${manifest.task})` };
}
