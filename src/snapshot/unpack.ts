import { createReadStream } from 'node:fs';
import { chmod, mkdir, mkdtemp, open, readdir, rename, rm, utimes } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createZstdDecompress } from 'node:zlib';
import { extract, type Header } from 'tar-stream';
import { CulpritError, OperationError } from '../base/errors.ts';
import { byCodeUnit } from '../base/order.ts';
import { bundleFileTime } from './file-sink.ts';
import { canaryFile } from './pack.ts';
import { readManifest } from './public-reader.ts';
import { bundleLimits } from './safe-directory.ts';
import { verifyBundle } from './verify-bundle.ts';

/** Limits of what is unpacked; archives come from anywhere. */
export const unpackLimits = {
  /** Of all files together, decompressed. */
  totalBytes: 4 * 1024 ** 3,
  fileBytes: bundleLimits.fileBytes as number,
  files: 200_000,
  /** Of what the archive says about one file. */
  headerBytes: 1024 * 1024,
};

/**
 * Unpacks an archive of bundles into a folder: `<out>/<task>` each. Everything is unpacked beside its place, verified,
 * and moved there only when all of it is sound. Refused (OperationError `archive`, nothing is left behind): absolute
 * paths, `..`, links and devices, names no bundle has, anything twice, more than the limits, what does not verify, and
 * tasks that are already there. Answers the paths.
 */
export async function unpackBundles(
  archive: string,
  out: string,
  limits: typeof unpackLimits = unpackLimits,
): Promise<readonly string[]> {
  await mkdir(out, { recursive: true });
  const temporary = await mkdtemp(join(out, '.unpack-'));
  try {
    await unpackInto(archive, temporary, limits);
    const tasks = (await readdir(temporary)).filter((name) => name !== canaryFile).sort(byCodeUnit);
    if (tasks.length === 0) throw refused(archive, 'holds no bundle');
    for (const task of tasks) await check(archive, join(temporary, task), task);
    const there = new Set(await readdir(out));
    const taken = tasks.find((task) => there.has(task));
    if (taken !== undefined)
      throw new OperationError('bundle-exists', `${join(out, taken)} is already there`, {
        hint: 'remove it first',
      });
    for (const task of tasks) await rename(join(temporary, task), join(out, task));
    return tasks.map((task) => resolve(out, task));
  } finally {
    await rm(temporary, { recursive: true, force: true });
  }
}

async function unpackInto(archive: string, folder: string, limits: typeof unpackLimits): Promise<void> {
  const reader = extract();
  // what an archive says about a file is held in memory: it is bounded by what arrives between two pieces of content
  let total = 0;
  let sinceContent = 0;
  const guard = new Transform({
    transform(chunk: Buffer, _encoding, next) {
      total += chunk.length;
      sinceContent += chunk.length;
      if (total > limits.totalBytes) next(refused(archive, `holds more than ${limits.totalBytes} bytes`));
      else if (sinceContent > limits.headerBytes)
        next(refused(archive, `says more than ${limits.headerBytes} bytes about one file`));
      else next(null, chunk);
    },
  });
  const fed = pipeline(createReadStream(archive), createZstdDecompress(), guard, reader);
  fed.catch(() => {});
  try {
    const seen = new Set<string>();
    for await (const entry of reader) {
      sinceContent = 0;
      await takeEntry(entry, folder, seen, archive, limits, () => {
        sinceContent = 0;
      });
    }
    await fed;
  } catch (error) {
    reader.destroy();
    const first = await fed.then(
      () => undefined,
      (reason: unknown) => reason,
    );
    throw CulpritError.isInstance(error)
      ? error
      : unreadable(archive, CulpritError.isInstance(first) ? first : error);
  }
}

/** A file of an archive while it is read. */
interface Entry extends AsyncIterable<unknown> {
  readonly header: Header;
  resume(): unknown;
}

async function takeEntry(
  entry: Entry,
  folder: string,
  seen: Set<string>,
  archive: string,
  limits: typeof unpackLimits,
  onContent: () => void,
): Promise<void> {
  const { name, type, size = 0 } = entry.header;
  if (type === 'directory') {
    entry.resume();
    return;
  }
  if (type !== 'file' && type !== 'contiguous-file')
    throw refused(archive, `${shown(name)} is a ${type}, not a file`);
  if (!isBundlePath(name)) throw refused(archive, `${shown(name)} is no path of a bundle`);
  if (seen.has(name)) throw refused(archive, `${shown(name)} is there twice`);
  seen.add(name);
  if (seen.size > limits.files) throw refused(archive, `holds more than ${limits.files} files`);
  if (size > limits.fileBytes)
    throw refused(archive, `${shown(name)} is larger than ${limits.fileBytes} bytes`);
  const path = join(folder, name);
  await mkdir(dirname(path), { recursive: true });
  const file = await open(path, 'wx', 0o644);
  try {
    for await (const chunk of entry as AsyncIterable<Buffer>) {
      onContent();
      await file.writeFile(chunk);
    }
    await file.chmod(0o644);
    await file.utimes(bundleFileTime, bundleFileTime);
    await file.sync();
  } finally {
    await file.close();
  }
}

function isBundlePath(name: string): boolean {
  if (name === canaryFile) return true;
  const [task = '', ...rest] = name.split('/');
  const plain = rest.every((part) => /^[A-Za-z0-9._%:@+~=-]+$/.test(part) && part !== '.' && part !== '..');
  return (
    name.length <= 512 &&
    /^[a-z0-9]{10}$/.test(task) &&
    plain &&
    rest.length <= bundleLimits.depth &&
    (rest.length === 1
      ? ['manifest.json', 'private.age', 'recipients.txt'].includes(rest[0] ?? '')
      : rest[0] === 'public' || rest[0] === 'private')
  );
}

/** A bundle under the name of its task that verifies. */
async function check(archive: string, bundle: string, task: string): Promise<void> {
  const { findings } = await verifyBundle(bundle);
  const [first] = findings;
  if (first !== undefined)
    throw refused(
      archive,
      `task ${task} does not verify: ${first.location.file}: ${first.code} ${first.message} (${findings.length} findings)`,
    );
  const manifest = await readManifest(bundle);
  if (manifest.task !== task) throw refused(archive, `${task}/ holds task ${manifest.task}`);
  await settle(bundle);
}

async function settle(folder: string): Promise<void> {
  for (const entry of await readdir(folder, { withFileTypes: true }))
    if (entry.isDirectory()) await settle(join(folder, entry.name));
  await chmod(folder, 0o755);
  await utimes(folder, bundleFileTime, bundleFileTime);
}

function refused(archive: string, why: string): OperationError {
  return new OperationError('archive', `${archive}: ${why}`, { hint: 'nothing was unpacked' });
}

function unreadable(archive: string, error: unknown): OperationError {
  if (CulpritError.isInstance(error)) return error as OperationError;
  return new OperationError('archive', `${archive} cannot be unpacked: ${(error as Error).message}`, {
    hint: 'it is no archive of bundles (tar, zstd), or not all of it is there; nothing was unpacked',
    cause: error,
  });
}

function shown(name: string): string {
  return JSON.stringify(name.length > 120 ? `${name.slice(0, 120)}…` : name);
}
