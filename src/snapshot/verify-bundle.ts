import { createHash } from 'node:crypto';
import { LineCounter, parse, parseDocument } from 'yaml';
import type { Diagnostic } from '../base/diagnostics.ts';
import { CulpritError } from '../base/errors.ts';
import { parseEntityName } from '../entity/entity-name.ts';
import { GroundTruth, Manifest, TopologyFile } from '../spec/bundle.ts';
import { Counterfactuals } from '../spec/counterfactuals.ts';
import { checkFor, type LineFile, lineSchemas, parseLine } from './line-schemas.ts';
import { readLines } from './lines.ts';
import { publicDigest } from './manifest.ts';
import { commitmentTo } from './private/commitment.ts';
import { recipientsFile, sealedFile } from './private/sealed-part.ts';
import { counterfactualsFile, unprovedOf } from './private/truth.ts';
import { metricRowProblem, parseMetricHeader } from './public-reader.ts';
import { SafeDirectory } from './safe-directory.ts';
import { parseRecipients } from './seal-keys.ts';

/** What verification found; an empty list of findings is a sound bundle. */
export interface Verification {
  readonly task: string | undefined;
  readonly files: number;
  readonly bytes: number;
  /** Whether the private part was there to be checked against the commitment; `sealed`: nobody can tell without a key. */
  readonly private: 'checked' | 'sealed' | 'absent';
  /** Locations are relative to the bundle. */
  readonly findings: readonly Diagnostic[];
}

const privateFiles = [
  'changes.jsonl',
  'effects.json',
  'ground-truth.yaml',
  'plan.yaml',
  'provenance.json',
].map((name) => `private/${name}`);
/** In bundles since the proof is made. */
const optionalPrivateFiles: readonly string[] = [counterfactualsFile];

const knownPrivate = new Set([...privateFiles, ...optionalPrivateFiles]);

/** Findings of one kind in one file that are listed; more are counted in a last one. */
const perFile = 20;

/**
 * Checks a bundle against its manifest and its schemas: digests, rows, every line, nothing extra, no links, the
 * commitment to the private part. Collects all findings; throws only if the folder cannot be read.
 */
export async function verifyBundle(path: string): Promise<Verification> {
  const directory = await SafeDirectory.open(path);
  const report = new Report();
  let present: readonly { readonly path: string; readonly bytes: number }[] = [];
  try {
    present = await directory.files();
  } catch (error) {
    report.add('BND001', '.', 1, (error as Error).message);
    return { task: undefined, files: 0, bytes: 0, private: 'absent', findings: report.findings };
  }
  const manifest = await loadManifest(directory, report);
  if (present.some((file) => file.path === recipientsFile))
    await guarded(report, recipientsFile, async () => {
      parseRecipients(await directory.text(recipientsFile), recipientsFile);
    });
  const hasPrivate = present.some((file) => file.path.startsWith('private/'));
  if (manifest !== undefined) {
    await verifyFiles(
      directory,
      manifest,
      present.map((file) => file.path),
      report,
    );
    if (hasPrivate)
      await verifyPrivate(
        directory,
        manifest,
        present.map((file) => file.path),
        report,
      );
  }
  return {
    task: manifest?.task,
    files: present.length,
    bytes: present.reduce((sum, file) => sum + file.bytes, 0),
    private: hasPrivate ? 'checked' : present.some((file) => file.path === sealedFile) ? 'sealed' : 'absent',
    findings: report.findings,
  };
}

class Report {
  readonly #findings: Diagnostic[] = [];
  readonly #counts = new Map<string, number>();

  add(code: string, file: string, line: number, message: string, hint?: string): void {
    const id = `${code} ${file}`;
    const count = (this.#counts.get(id) ?? 0) + 1;
    this.#counts.set(id, count);
    const location = { file, line, column: 1 };
    if (count <= perFile) this.#findings.push({ severity: 'error', code, location, message, hint });
    else if (count === perFile + 1)
      this.#findings.push({
        severity: 'error',
        code,
        location,
        message: 'and more of this in the lines below',
      });
  }

  get findings(): readonly Diagnostic[] {
    return this.#findings;
  }
}

async function loadManifest(directory: SafeDirectory, report: Report): Promise<Manifest | undefined> {
  try {
    const result = parseLine(await directory.text('manifest.json'), checkFor(Manifest));
    if (!('problem' in result)) return result.value as Manifest;
    report.add('BND002', 'manifest.json', 1, result.problem);
  } catch (error) {
    report.add('BND002', 'manifest.json', 1, (error as Error).message);
  }
  return undefined;
}

async function verifyFiles(
  directory: SafeDirectory,
  manifest: Manifest,
  present: readonly string[],
  report: Report,
): Promise<void> {
  const listed = new Set(manifest.files.map((file) => file.path));
  for (const path of present)
    if (
      !listed.has(path) &&
      path !== 'manifest.json' &&
      path !== sealedFile &&
      path !== recipientsFile &&
      !knownPrivate.has(path)
    )
      report.add(
        'BND003',
        path,
        1,
        'is not in the manifest',
        'a bundle holds what its manifest lists and nothing else',
      );
  if (manifest.publicDigest !== publicDigest(manifest.files))
    report.add('BND004', 'manifest.json', 1, 'publicDigest is not the digest of its list of files');
  if (Date.parse(manifest.window.start) >= Date.parse(manifest.window.end))
    report.add('BND005', 'manifest.json', 1, 'the window ends before it starts');
  for (const file of manifest.files) {
    if (!file.path.startsWith('public/')) {
      report.add('BND003', 'manifest.json', 1, `lists ${file.path}, which is not public`);
      continue;
    }
    await guarded(report, file.path, async () => {
      const { digest, bytes } = await digestOf(directory, file.path);
      if (digest !== file.digest || bytes !== file.bytes)
        report.add('BND006', file.path, 1, `is not what the manifest says (${bytes} bytes, ${digest})`);
      const rows = await verifyContent(directory, file.path, report);
      if (file.rows !== undefined && rows !== undefined && rows !== file.rows)
        report.add('BND007', file.path, 1, `has ${rows} rows, the manifest says ${file.rows}`);
    });
  }
  for (const name of [
    'alerts.jsonl',
    'events.jsonl',
    'objects.jsonl',
    'traces.jsonl',
    'topology.json',
    'alert-rules.yaml',
    'README.md',
  ])
    if (!listed.has(`public/${name}`)) report.add('BND008', 'manifest.json', 1, `lists no public/${name}`);
}

/** Checks every line; answers the number of rows, or undefined where rows mean nothing. */
async function verifyContent(
  directory: SafeDirectory,
  path: string,
  report: Report,
): Promise<number | undefined> {
  const name = path.slice(path.indexOf('/') + 1);
  if (Object.hasOwn(lineSchemas, name)) return verifyLines(directory, path, name as LineFile, report);
  if (name.startsWith('metrics/')) return verifyMetric(directory, path, report);
  if (name.startsWith('logs/')) {
    let rows = 0;
    for await (const { number, text } of readLines(directory, path)) {
      rows++;
      if (!/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}Z /.test(text))
        report.add('BND009', path, number, 'does not begin with a time and a blank');
    }
    return rows;
  }
  if (name === 'topology.json') {
    const result = parseLine(await directory.text(path), checkFor(TopologyFile));
    if ('problem' in result) report.add('BND009', path, 1, result.problem);
  }
  return undefined;
}

async function verifyLines(
  directory: SafeDirectory,
  path: string,
  name: LineFile,
  report: Report,
): Promise<number> {
  const check = checkFor(lineSchemas[name]);
  let rows = 0;
  for await (const { number, text } of readLines(directory, path)) {
    rows++;
    const result = parseLine(text, check);
    if ('problem' in result) report.add('BND009', path, number, result.problem);
  }
  return rows;
}

async function verifyMetric(directory: SafeDirectory, path: string, report: Report): Promise<number> {
  let header: ReturnType<typeof parseMetricHeader> | undefined;
  let rows = 0;
  for await (const { number, text } of readLines(directory, path)) {
    const cells = text.split('\t');
    if (header === undefined) {
      header = parseMetricHeader(cells);
      if (header.timesMs.length === 0) report.add('BND009', path, number, 'the header has no times');
      continue;
    }
    rows++;
    const problem = metricRowProblem(header, cells);
    if (problem !== undefined) report.add('BND009', path, number, problem);
  }
  return rows;
}

async function verifyPrivate(
  directory: SafeDirectory,
  manifest: Manifest,
  present: readonly string[],
  report: Report,
): Promise<void> {
  const missing = privateFiles.filter((path) => !present.includes(path));
  for (const path of missing) report.add('BND010', path, 1, 'is not there, though other private files are');
  if (missing.length > 0) return;
  await guarded(report, 'private/provenance.json', async () => {
    const provenance: unknown = JSON.parse(await directory.text('private/provenance.json'));
    const salt =
      typeof provenance === 'object' && provenance !== null && 'salt' in provenance
        ? provenance.salt
        : undefined;
    if (typeof salt !== 'string') return report.add('BND010', 'private/provenance.json', 1, 'has no salt');
    const files = [];
    for (const path of present.filter((one) => knownPrivate.has(one)))
      files.push({ path, digest: (await digestOf(directory, path)).digest });
    if (commitmentTo(files, salt) !== manifest.privateCommitment)
      report.add('BND011', 'manifest.json', 1, 'privateCommitment does not fit the private files');
  });
  await guarded(report, 'private/changes.jsonl', async () => {
    await verifyLines(directory, 'private/changes.jsonl', 'changes.jsonl', report);
  });
  await guarded(report, 'private/effects.json', async () => {
    for (const problem of unprovedOf(JSON.parse(await directory.text('private/effects.json'))))
      report.add(
        'BND015',
        'private/effects.json',
        1,
        `not proved: ${problem}`,
        'kept to be looked at: no task',
      );
  });
  await guarded(report, 'private/ground-truth.yaml', () => verifyTruth(directory, manifest, report));
  if (present.includes(counterfactualsFile))
    await guarded(report, counterfactualsFile, () => verifyCounterfactuals(directory, report));
}

/** The proof is of the right form and about the causes of the ground truth, each with its worlds. */
async function verifyCounterfactuals(directory: SafeDirectory, report: Report): Promise<void> {
  const path = counterfactualsFile;
  const value: unknown = JSON.parse(await directory.text(path));
  const problem = checkFor(Counterfactuals)(value);
  if (problem !== undefined) return report.add('BND014', path, 1, problem);
  const proof = value as Counterfactuals;
  if (proof.skipped !== undefined) return;
  const { rootCauses } = parse(await directory.text('private/ground-truth.yaml')) as GroundTruth;
  const wanted = rootCauses.map(({ entity }) => entity).sort();
  const proven = proof.causes.map(({ entity }) => entity).sort();
  if (wanted.join(' ') !== proven.join(' '))
    report.add('BND014', path, 1, `is about ${proven.join(', ')}; the causes are ${wanted.join(', ')}`);
  const worlds = new Set(proof.worlds.flatMap(({ names }) => names));
  for (const name of ['task', 'twin', ...wanted.flatMap((cause) => [`without ${cause}`, `only ${cause}`])])
    if (!worlds.has(name)) report.add('BND014', path, 1, `lacks the world "${name}"`);
}

async function verifyTruth(directory: SafeDirectory, manifest: Manifest, report: Report): Promise<void> {
  const path = 'private/ground-truth.yaml';
  const lineCounter = new LineCounter();
  const document = parseDocument(await directory.text(path), { lineCounter, uniqueKeys: true });
  for (const error of document.errors)
    report.add('BND012', path, lineCounter.linePos(error.pos[0]).line, error.message);
  if (document.errors.length > 0) return;
  const value: unknown = document.toJS({ maxAliasCount: 0 });
  const problem = checkFor(GroundTruth)(value);
  if (problem !== undefined) return report.add('BND012', path, 1, problem);
  const truth = value as GroundTruth;
  if (truth.task !== manifest.task)
    report.add('BND012', path, 1, `is of task ${truth.task}, the manifest of ${manifest.task}`);
  const known = new Set<string>();
  for await (const { text } of readLines(directory, 'public/objects.jsonl')) {
    const { kind, metadata } = JSON.parse(text) as {
      kind: string;
      metadata: { name: string; namespace?: string };
    };
    known.add(`${metadata.namespace ?? 'cluster'}/${kind}/${metadata.name}`);
  }
  for (const { entity } of truth.rootCauses)
    if (parseEntityName(entity) === undefined || !known.has(entity))
      report.add(
        'BND013',
        path,
        1,
        `root cause ${entity} is not in public/objects.jsonl`,
        'nobody could name it from the evidence',
      );
}

async function digestOf(directory: SafeDirectory, path: string): Promise<{ digest: string; bytes: number }> {
  const handle = await directory.openFile(path);
  const hash = createHash('sha256');
  let bytes = 0;
  // the stream closes the handle
  for await (const chunk of handle.createReadStream() as AsyncIterable<Buffer>) {
    hash.update(chunk);
    bytes += chunk.length;
  }
  return { digest: `sha256:${hash.digest('hex')}`, bytes };
}

/** Content that cannot be read at all is a finding of its file. */
async function guarded(report: Report, path: string, check: () => Promise<void>): Promise<void> {
  try {
    await check();
  } catch (error) {
    if (!CulpritError.isInstance(error) && !(error instanceof SyntaxError)) throw error;
    const place = /^(.+?):(\d+): (.*)$/s.exec(error.message);
    report.add('BND009', path, Number(place?.[2] ?? 1), place?.[3] ?? error.message);
  }
}
