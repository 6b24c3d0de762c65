import type { Evidence, Suspect } from './evidence.ts';
import type { LintedBundle } from './linted-bundle.ts';

/** Gauges that tell a limit a program was given. */
const limitMetric = /_(?:max|limit|capacity)(?:_|\.tsv$)/;

/**
 * A program that publishes the limit it was given names the setting: some pods of a workload that uses the object have
 * exactly the number that was set, others (or the same before) have another.
 */
export function* settingInMetrics(bundle: LintedBundle, suspect: Suspect): Generator<Evidence> {
  const numbers = (suspect.change?.set ?? []).flatMap(({ path, value }) =>
    path[0] === 'data' && /^\d+$/.test(String(value))
      ? [{ key: path.at(-1) ?? '', text: String(value) }]
      : [],
  );
  if (numbers.length === 0) return;
  const users = new Set(
    bundle.graph
      .of(suspect.entity)
      .filter(({ to, relation }) => to === suspect.entity && relation === 'uses')
      .map(({ from }) => from),
  );
  for (const { path, text } of bundle.files) {
    if (!path.startsWith('public/metrics/') || !limitMetric.test(path)) continue;
    const [header = '', ...rows] = text.trimEnd().split('\n');
    const names = header.split('\t');
    const labels = names.findIndex((name) => /^\d{4}-/.test(name));
    const cell = (row: readonly string[], label: string) => row[names.indexOf(label)] ?? '';
    const own = rows
      .map((row, index) => ({ cells: row.split('\t'), line: index + 2 }))
      .filter(({ cells }) =>
        users.has(bundle.universe.fold(`${cell(cells, 'namespace')}/Pod/${cell(cells, 'pod')}`)),
      );
    for (const { key, text: value } of numbers) {
      const seen = new Set(own.flatMap(({ cells }) => cells.slice(labels).filter((sample) => sample !== '')));
      const shows = own.find(({ cells }) => cells.slice(labels).includes(value));
      if (shows === undefined || seen.size < 2) continue;
      const metric = path.slice(path.lastIndexOf('/') + 1, -'.tsv'.length);
      yield {
        kind: 'setting',
        file: path,
        line: shows.line,
        says: `${metric} is ${value}, as ${key} says, and was ${[...seen].filter((one) => one !== value).join(', ')}`,
      };
    }
  }
}
