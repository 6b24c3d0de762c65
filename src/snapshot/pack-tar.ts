import { type Header, type Pack, pack } from 'tar-stream';
import { bundleFileTime } from './file-sink.ts';

/** The header of a file in an archive of ours: everything but name and size is the same for every file. */
export function tarHeader(path: string, size: number): Partial<Header> & Pick<Header, 'name'> {
  return {
    name: path,
    size,
    type: 'file',
    mode: 0o644,
    mtime: bundleFileTime,
    uid: 0,
    gid: 0,
    uname: '',
    gname: '',
  };
}

/** Adds one file to an archive, chunk by chunk. `size` has to be what the chunks add up to. */
export async function addToTar(
  archive: Pack,
  path: string,
  size: number,
  chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const sink = archive.entry(tarHeader(path, size), (error) => (error ? reject(error) : resolve()));
  // an error of the sink arrives through the callback
  sink.on('error', () => {});
  for await (const chunk of chunks)
    if (!sink.write(chunk))
      await Promise.race([promise, new Promise<void>((next) => sink.once('drain', () => next()))]);
  sink.end(null);
  await promise;
}

/** A small archive in memory. */
export async function tarOf(
  files: readonly { readonly path: string; readonly bytes: Uint8Array }[],
): Promise<Buffer> {
  const archive = pack();
  const chunks: Buffer[] = [];
  const read = (async () => {
    for await (const chunk of archive as AsyncIterable<Buffer>) chunks.push(chunk);
  })();
  for (const { path, bytes } of files) await addToTar(archive, path, bytes.length, [bytes]);
  archive.finalize();
  await read;
  return Buffer.concat(chunks);
}
