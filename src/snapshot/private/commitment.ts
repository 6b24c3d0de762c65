import { sha256 } from '../../base/hash.ts';
import { byText } from '../../base/order.ts';
import type { WrittenFile } from '../file-sink.ts';

/** The salted commitment to the private files: it fixes them without telling anything about them. */
export function commitmentTo(files: readonly Pick<WrittenFile, 'path' | 'digest'>[], salt: string): string {
  const lines = [...files].sort(byText((file) => file.path)).map((file) => `${file.path} ${file.digest}\n`);
  return sha256(`${salt}\n${lines.join('')}`);
}
