import { mkdir, rm } from 'node:fs/promises';
import { canonicalJson } from '../../../base/json.ts';
import { byText } from '../../../base/order.ts';
import { type WrittenFile, writeWhole } from '../../../snapshot/file-sink.ts';
import { manifestText, publicDigest } from '../../../snapshot/manifest.ts';
import { readPublic } from '../../../snapshot/public-reader.ts';
import { SafeDirectory } from '../../../snapshot/safe-directory.ts';
import type { ObjectLine } from '../../../spec/bundle.ts';
import { type NameMap, nameMap } from './name-map.ts';
import { textRenamer } from './rename-text.ts';

/** A bundle under other names. */
export interface RenamedBundle {
  readonly names: NameMap;
  /** Gives a text of the original its new names: for the truth, which is not written. */
  readonly rename: (text: string) => string;
}

/**
 * Writes the public part of a bundle to `target` with every namespace, service, workload and node under another name,
 * everywhere: paths, objects, labels, hosts, images, settings, log lines, spans, metrics, rules, README. Nothing else
 * changes: same task id, times, amounts and lines. What was there is replaced.
 */
export async function renameBundle(bundle: string, target: string): Promise<RenamedBundle> {
  const evidence = await readPublic(bundle);
  const names = await nameMap(evidence);
  const rename = textRenamer(names);
  await rm(target, { recursive: true, force: true });
  await mkdir(target, { recursive: true });
  const source = await SafeDirectory.open(bundle);
  const files: WrittenFile[] = [];
  for (const { path, rows } of evidence.manifest.files) {
    const written = writeWhole(target, rename(path), inOrder(path, rename(await source.text(path))));
    files.push(rows === undefined ? written : { ...written, rows });
  }
  files.sort(byText(({ path }) => path));
  writeWhole(
    target,
    'manifest.json',
    manifestText({
      ...evidence.manifest,
      application: rename(evidence.manifest.application),
      files,
      publicDigest: publicDigest(files),
    }),
  );
  return { names, rename };
}

/** What is sorted by names in a bundle is sorted by the new ones: the old order would tell the old names. */
function inOrder(path: string, text: string): string {
  if (path.startsWith('public/metrics/')) {
    const [header = '', ...rows] = linesOf(text);
    const labels = header.split('\t').filter((cell) => !/^\d{4}-\d\d-\d\dT/.test(cell)).length;
    const sorted = rows
      .map((row) => ({ row, labels: row.split('\t').slice(0, labels).join('\t') }))
      .sort(byText(({ labels: own }) => own));
    return lines([header, ...sorted.map(({ row }) => row)]);
  }
  if (path === 'public/topology.json') {
    const { services, calls } = JSON.parse(text) as {
      services: { namespace: string; name: string }[];
      calls: { from: string; to: string }[];
    };
    services.sort(
      byText(
        ({ namespace }) => namespace,
        ({ name }) => name,
      ),
    );
    calls.sort(
      byText(
        ({ from }) => from,
        ({ to }) => to,
      ),
    );
    return `${canonicalJson({ services, calls }, 2)}\n`;
  }
  if (path === 'public/alerts.jsonl')
    return lines(linesOf(text).map((line) => canonicalJson(JSON.parse(line))));
  if (path !== 'public/objects.jsonl') return text;
  const objects = linesOf(text).map(
    (line) => JSON.parse(line) as ObjectLine & { metadata: { creationTimestamp?: string } },
  );
  objects.sort(
    byText(
      ({ metadata }) => metadata.namespace ?? '',
      ({ kind }) => kind,
      ({ metadata }) => metadata.name,
      ({ metadata }) => metadata.creationTimestamp ?? '',
      ({ metadata }) => metadata.uid ?? '',
    ),
  );
  return lines(objects.map((object) => canonicalJson(object)));
}

/** Not trimmed: empty cells at the end of a row are tabs. */
function linesOf(text: string): string[] {
  return (text.endsWith('\n') ? text.slice(0, -1) : text).split('\n').filter((line) => line !== '');
}

function lines(list: readonly string[]): string {
  return list.map((line) => `${line}\n`).join('');
}
