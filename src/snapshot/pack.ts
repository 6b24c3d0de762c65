import { createHash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { mkdir, rename, rm, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { constants, createZstdCompress } from 'node:zlib';
import { pack } from 'tar-stream';
import { OperationError } from '../base/errors.ts';
import { byText } from '../base/order.ts';
import { canaryText, suiteCanaryOf } from './canary.ts';
import { addToTar } from './pack-tar.ts';
import { readManifest } from './public-reader.ts';
import { SafeDirectory } from './safe-directory.ts';
import { verifyBundle } from './verify-bundle.ts';

/** The file that lies beside the bundles of an archive. */
export const canaryFile = 'CANARY.txt';

/** What was packed. */
export interface Packed {
  readonly tasks: readonly string[];
  readonly files: number;
  /** Of the archive. */
  readonly bytes: number;
  /** Of the tar inside: the same for the same bundles, whatever the version of zstd. */
  readonly tarDigest: string;
  readonly digest: string;
  readonly canary: string;
  /** What went in of the truth. */
  readonly truth: 'left out' | 'sealed' | 'included';
}

/**
 * Packs bundles into one archive (tar, zstd) with sorted names and fixed times, owners and modes: the same bundles give
 * the same bytes. `private/` stays out unless asked for; `private.age` goes in. Every bundle is verified first;
 * OperationError with the findings of the first that is not sound.
 */
export async function packBundles(
  bundles: readonly string[],
  archive: string,
  options: { readonly includePrivate?: boolean; readonly signal?: AbortSignal } = {},
): Promise<Packed> {
  const parts = await Promise.all(bundles.map((path) => partOf(path, options.includePrivate ?? false)));
  parts.sort(byText((part) => part.task));
  const twice = parts.find((part, index) => part.task === parts[index + 1]?.task);
  if (twice !== undefined) throw new OperationError('task-twice', `task ${twice.task} was named twice`);
  const canary = suiteCanaryOf(parts.map((part) => part.canary));

  const tar = pack();
  const tarHash = createHash('sha256');
  const hash = createHash('sha256');
  const temporary = `${archive}.${process.pid}.tmp`;
  await mkdir(dirname(archive), { recursive: true });
  try {
    const written = pipeline(
      tar,
      tap(tarHash),
      createZstdCompress({
        params: { [constants.ZSTD_c_compressionLevel]: 12, [constants.ZSTD_c_checksumFlag]: 1 },
      }),
      tap(hash),
      createWriteStream(temporary, { flags: 'wx', mode: 0o644 }),
      ...(options.signal ? [{ signal: options.signal }] : []),
    );
    // a failure of the pipeline ends the loop below through the tar; it is awaited after it
    written.catch(() => {});
    const text = Buffer.from(canaryText(canary));
    await Promise.race([addToTar(tar, canaryFile, text.length, [text]), written]);
    for (const { task, directory, files } of parts)
      for (const { path, bytes } of files) {
        const handle = await directory.openFile(path);
        // the stream closes the handle
        await Promise.race([
          addToTar(tar, `${task}/${path}`, bytes, handle.createReadStream() as AsyncIterable<Buffer>),
          written,
        ]);
      }
    tar.finalize();
    await written;
    await rename(temporary, archive);
  } catch (error) {
    tar.destroy();
    await rm(temporary, { force: true });
    throw error;
  }
  const paths = parts.flatMap(({ files }) => files.map(({ path }) => path));
  return {
    tasks: parts.map(({ task }) => task),
    files: paths.length + 1,
    bytes: (await stat(archive)).size,
    tarDigest: `sha256:${tarHash.digest('hex')}`,
    digest: `sha256:${hash.digest('hex')}`,
    canary,
    truth: paths.some((path) => path.startsWith('private/'))
      ? 'included'
      : paths.includes('private.age')
        ? 'sealed'
        : 'left out',
  };
}

async function partOf(path: string, includePrivate: boolean) {
  const { findings } = await verifyBundle(path);
  const [first] = findings;
  if (first !== undefined)
    throw new OperationError(
      'bundle-unsound',
      `${path} has ${findings.length} findings: ${first.code} ${first.message}`,
      {
        hint: 'culprit snapshot verify shows them all',
      },
    );
  const { task, canary } = await readManifest(path);
  const directory = await SafeDirectory.open(path);
  const files = (await directory.files()).filter(
    (file) => includePrivate || !file.path.startsWith('private/'),
  );
  return { task, canary, directory, files };
}

function tap(hash: { update(data: Uint8Array): unknown }): Transform {
  return new Transform({
    transform(chunk: Buffer, _encoding, next) {
      hash.update(chunk);
      next(null, chunk);
    },
  });
}
