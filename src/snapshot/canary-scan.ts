import { constants, createReadStream } from 'node:fs';
import { lstat, open, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { createGunzip, createZstdDecompress } from 'node:zlib';
import { UserError } from '../base/errors.ts';
import { byCodeUnit } from '../base/order.ts';

/** A canary in a file. */
export interface CanaryFinding {
  readonly file: string;
  /** From 1; in compressed files, of what is inside. */
  readonly line: number;
  /** What the canary belongs to: a task, or `suite`. */
  readonly owner: string;
  readonly canary: string;
}

/** What a scan looked at. */
export interface CanaryScan {
  readonly findings: readonly CanaryFinding[];
  readonly files: number;
  readonly bytes: number;
  /** Files that could not be read to their end, with the reason. */
  readonly unread: readonly { readonly file: string; readonly problem: string }[];
}

/** Decompressed bytes of one file that are looked at. */
const decompressedLimit = 8 * 1024 ** 3;

const shape =
  /(?<![0-9a-f])[0-9a-f]{8}-?[0-9a-f]{4}-?4[0-9a-f]{3}-?[89ab][0-9a-f]{3}-?[0-9a-f]{12}(?![0-9a-f])/gi;
/** Longer than any form of a canary and the characters around it. */
const overlap = 40;

/**
 * Looks for canaries in every file below a path: in any case, with or without dashes, also in gzip and zstd files.
 * Links are not followed. UserError if the path cannot be read.
 * @param canaries canary (lower case, with dashes) to what it belongs to
 */
export async function scanForCanaries(
  path: string,
  canaries: ReadonlyMap<string, string>,
  signal: AbortSignal,
): Promise<CanaryScan> {
  const byDigits = new Map(
    [...canaries].map(([canary, owner]) => [canary.replaceAll('-', ''), { canary, owner }]),
  );
  const findings: CanaryFinding[] = [];
  const unread: { file: string; problem: string }[] = [];
  let files = 0;
  let bytes = 0;
  for await (const file of filesBelow(path)) {
    signal.throwIfAborted();
    files++;
    try {
      for await (const { digits, line } of guidsIn(await contentOf(file), (count) => (bytes += count))) {
        const known = byDigits.get(digits);
        if (known !== undefined) findings.push({ file, line, ...known });
      }
    } catch (error) {
      unread.push({ file, problem: (error as Error).message });
    }
  }
  return { findings, files, bytes, unread };
}

async function* filesBelow(path: string): AsyncGenerator<string> {
  const facts = await lstat(path).catch((error: NodeJS.ErrnoException) => {
    throw new UserError('no-such-path', `cannot read ${path}: ${error.code}`);
  });
  if (facts.isFile()) yield path;
  if (!facts.isDirectory()) return;
  for (const name of (await readdir(path)).sort(byCodeUnit)) yield* filesBelow(join(path, name));
}

/** The bytes of a file, decompressed if it is compressed. */
async function contentOf(file: string): Promise<Readable> {
  const handle = await open(file, constants.O_RDONLY | constants.O_NOFOLLOW);
  const { buffer } = await handle.read(Buffer.alloc(4), 0, 4, 0);
  await handle.close();
  const raw = createReadStream(file, { highWaterMark: 256 * 1024 });
  const magic = buffer.readUInt32BE(0);
  const inflate =
    magic === 0x28b52ffd ? createZstdDecompress() : magic >>> 16 === 0x1f8b ? createGunzip() : undefined;
  if (inflate === undefined) return raw;
  raw.on('error', (error) => inflate.destroy(error));
  return raw.pipe(inflate);
}

async function* guidsIn(
  content: Readable,
  count: (bytes: number) => void,
): AsyncGenerator<{ readonly digits: string; readonly line: number }> {
  let rest = '';
  let line = 1;
  let total = 0;
  const found = function* (text: string, end: number) {
    for (const match of text.matchAll(shape)) {
      // what lies in the overlap is seen again with what follows it
      if (match.index >= end) continue;
      yield {
        digits: match[0].replaceAll('-', '').toLowerCase(),
        line: line + newlines(text.slice(0, match.index)),
      };
    }
  };
  for await (const chunk of content as AsyncIterable<Buffer>) {
    count(chunk.length);
    total += chunk.length;
    if (total > decompressedLimit) throw new Error(`more than ${decompressedLimit} bytes inside`);
    // one character a byte: a canary is plain ASCII in every encoding that extends ASCII
    const text = rest + chunk.toString('latin1');
    const end = Math.max(0, text.length - overlap);
    yield* found(text, end);
    line += newlines(text.slice(0, end));
    rest = text.slice(end);
  }
  yield* found(rest, rest.length);
}

function newlines(text: string): number {
  let lines = 0;
  for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) lines++;
  return lines;
}
