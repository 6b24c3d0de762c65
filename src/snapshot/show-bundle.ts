import { byCodeUnit } from '../base/order.ts';
import { createUniverse } from '../entity/universe.ts';
import type { AlertLine, Manifest } from '../spec/bundle.ts';
import type { KubeObject } from '../spec/kube-types.ts';
import { readPublic } from './public-reader.ts';

/** What a bundle holds, in figures. From its public part alone. */
export interface BundleOverview {
  readonly manifest: Pick<
    Manifest,
    'task' | 'domain' | 'split' | 'application' | 'provider' | 'window' | 'publicDigest'
  >;
  readonly bytes: number;
  /** Bytes and rows by kind of evidence. */
  readonly evidence: readonly {
    readonly name: string;
    readonly files: number;
    readonly bytes: number;
    readonly rows: number;
  }[];
  /** Objects by kind. */
  readonly kinds: readonly (readonly [kind: string, count: number])[];
  readonly entities: number;
  readonly deleted: number;
  /** Alerts that fire at the end of the window. */
  readonly firing: readonly {
    readonly name: string;
    readonly labels: Readonly<Record<string, string>>;
    readonly since: string;
  }[];
  /** Warning Events by reason, the most frequent first. */
  readonly warnings: readonly (readonly [reason: string, count: number])[];
}

/** Reads a bundle's public part once and tells what is in it. */
export async function showBundle(path: string): Promise<BundleOverview> {
  const bundle = await readPublic(path);
  const { task, domain, split, application, provider, window, publicDigest, files } = bundle.manifest;
  const evidence = new Map<string, { name: string; files: number; bytes: number; rows: number }>();
  for (const file of files) {
    const [, name = ''] = file.path.split('/');
    const entry = evidence.get(name) ?? { name, files: 0, bytes: 0, rows: 0 };
    entry.files++;
    entry.bytes += file.bytes;
    entry.rows += file.rows ?? 0;
    evidence.set(name, entry);
  }
  const objects: KubeObject[] = [];
  const kinds = new Map<string, number>();
  let deleted = 0;
  for await (const object of bundle.objects()) {
    // the line was checked to have what is read of it here
    objects.push(object as KubeObject);
    kinds.set(object.kind, (kinds.get(object.kind) ?? 0) + 1);
    if (object.deleted !== undefined) deleted++;
  }
  const firing = new Map<string, AlertLine>();
  for await (const alert of bundle.alerts()) {
    const id = `${alert.name} ${JSON.stringify(alert.labels)}`;
    if (alert.state === 'firing') firing.set(id, alert);
    else firing.delete(id);
  }
  const warnings = new Map<string, number>();
  for await (const event of bundle.events())
    if (event.type === 'Warning' && event.reason !== undefined)
      warnings.set(event.reason, (warnings.get(event.reason) ?? 0) + (event.count ?? 1));
  return {
    manifest: { task, domain, split, application, provider, window, publicDigest },
    bytes: files.reduce((sum, file) => sum + file.bytes, 0),
    evidence: [...evidence.values()].sort((a, b) => byCodeUnit(a.name, b.name)),
    kinds: [...kinds].sort(([a], [b]) => byCodeUnit(a, b)),
    entities: createUniverse(objects).entities.length,
    deleted,
    firing: [...firing.values()].map(({ name, labels, time }) => ({ name, labels, since: time })),
    warnings: [...warnings].sort(([a, x], [b, y]) => y - x || byCodeUnit(a, b)),
  };
}
