import { lstat } from 'node:fs/promises';
import { join } from 'node:path';
import { buildGraph, type EntityGraph } from '../../entity/graph.ts';
import { createResolver, type Resolver } from '../../entity/resolver.ts';
import type { Universe } from '../../entity/universe.ts';
import { universeOfBundle } from '../../scoring/universe-of-bundle.ts';
import { isSealed } from '../../snapshot/private/sealed-part.ts';
import { type PrivatePart, readPrivate } from '../../snapshot/private/truth.ts';
import { readPublic } from '../../snapshot/public-reader.ts';
import { SafeDirectory } from '../../snapshot/safe-directory.ts';
import type { AlertLine, EventLine, Manifest, TopologyFile } from '../../spec/bundle.ts';
import type { KubeObject } from '../../spec/kube-types.ts';
import type { Operation, Plan } from '../../spec/plan.ts';

/** A line of a JSON Lines file with its number. */
export interface Numbered<T> {
  readonly line: number;
  readonly value: T;
}

/** A file of `public/`, whole. */
export interface LintedFile {
  /** Relative to the bundle, `public/…`. */
  readonly path: string;
  readonly text: string;
  /** When the file system says it was changed last, epoch ms. */
  readonly changedMs: number;
}

/** The truth and the plan of a task, as far as the private part is there. */
export interface LintedTruth extends Omit<PrivatePart, 'changes'> {
  readonly operations: readonly Operation[];
  readonly incidentMs: number | undefined;
  readonly changes: readonly { readonly entity: string; readonly verb: string; readonly timeMs: number }[];
  /** Lines of `private/ground-truth.yaml`. */
  readonly truthLines: readonly string[];
}

/** A bundle in memory, as the rules look at it. */
export interface LintedBundle {
  /** Absolute. */
  readonly path: string;
  readonly manifest: Manifest;
  readonly manifestText: string;
  /** Sorted by path. */
  readonly files: readonly LintedFile[];
  readonly objects: readonly Numbered<KubeObject>[];
  readonly events: readonly Numbered<EventLine>[];
  readonly alerts: readonly Numbered<AlertLine>[];
  readonly topology: TopologyFile;
  readonly graph: EntityGraph;
  readonly universe: Universe;
  readonly resolver: Resolver;
  readonly truth: LintedTruth | undefined;
  file(path: string): LintedFile | undefined;
}

/** Reads a bundle for the lints. UserError for what cannot be read: `snapshot verify` tells more. */
export async function loadLinted(path: string, identities: readonly string[] = []): Promise<LintedBundle> {
  const bundle = await readPublic(path);
  const root = await SafeDirectory.open(path);
  const files: LintedFile[] = [];
  for (const { path: name } of await bundle.files()) {
    const file = `public/${name}`;
    files.push({
      path: file,
      text: await root.text(file),
      changedMs: (await lstat(join(path, file))).mtimeMs,
    });
  }
  const byPath = new Map(files.map((file) => [file.path, file]));
  const objects = await numbered(bundle.objects());
  const universe = await universeOfBundle(bundle);
  return {
    path,
    manifest: bundle.manifest,
    manifestText: await root.text('manifest.json'),
    files,
    // the reader has checked that every line has what KubeObject promises
    objects: objects as unknown as readonly Numbered<KubeObject>[],
    events: await numbered(bundle.events()),
    alerts: await numbered(bundle.alerts()),
    topology: await bundle.topology(),
    graph: buildGraph(objects.map(({ value }) => value as unknown as KubeObject)),
    universe,
    resolver: createResolver(universe),
    truth: (await hasTruth(path, root, identities)) ? await loadTruth(path, identities) : undefined,
    file: (name) => byPath.get(name),
  };
}

async function hasTruth(path: string, root: SafeDirectory, identities: readonly string[]): Promise<boolean> {
  return (await root.has('private/ground-truth.yaml')) || (identities.length > 0 && (await isSealed(path)));
}

async function loadTruth(path: string, identities: readonly string[]): Promise<LintedTruth> {
  const part = await readPrivate(path, identities);
  const window = part.provenance['window'] as { readonly incident?: string } | undefined;
  return {
    ...part,
    // written by ourselves from a Plan
    operations: (part.plan as Partial<Plan> | null)?.operations ?? [],
    incidentMs: window?.incident === undefined ? undefined : Date.parse(window.incident),
    changes: part.changes.map(({ entity, verb, time }) => ({ entity, verb, timeMs: Date.parse(time) })),
    truthLines: part.truthText.split('\n'),
  };
}

async function numbered<T>(lines: AsyncIterable<T>): Promise<Numbered<T>[]> {
  const found: Numbered<T>[] = [];
  for await (const value of lines) found.push({ line: found.length + 1, value });
  return found;
}
