import { UserError } from '../base/errors.ts';
import { bundleLimits, type SafeDirectory } from './safe-directory.ts';

/** A line of a file; `number` counts from 1. */
export interface Line {
  readonly number: number;
  readonly text: string;
}

/** Streams the lines of a file. A line that is too long or not UTF-8 is a UserError with file and line. */
export async function* readLines(directory: SafeDirectory, path: string): AsyncGenerator<Line> {
  const handle = await directory.openFile(path);
  try {
    const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
    const decode = (bytes: Uint8Array): string => {
      try {
        return decoder.decode(bytes);
      } catch {
        throw new UserError('bundle-line', `${path}:${number}: not UTF-8 text`);
      }
    };
    let number = 1;
    let rest: Buffer = Buffer.alloc(0);
    const buffer = Buffer.allocUnsafe(256 * 1024);
    for (;;) {
      const { bytesRead } = await handle.read(buffer, 0, buffer.length);
      if (bytesRead === 0) break;
      const chunk =
        rest.length === 0
          ? buffer.subarray(0, bytesRead)
          : Buffer.concat([rest, buffer.subarray(0, bytesRead)]);
      let start = 0;
      for (let end = chunk.indexOf(10, start); end >= 0; end = chunk.indexOf(10, start)) {
        yield { number, text: decode(chunk.subarray(start, end)) };
        number++;
        start = end + 1;
      }
      rest = Buffer.from(chunk.subarray(start));
      if (rest.length > bundleLimits.lineBytes)
        throw new UserError('bundle-line', `${path}:${number}: longer than ${bundleLimits.lineBytes} bytes`);
    }
    if (rest.length > 0) yield { number, text: decode(rest) };
  } finally {
    await handle.close();
  }
}
