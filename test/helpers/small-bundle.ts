import { join } from 'node:path';
import type { Recording } from '../../src/capture/recording.ts';
import { writeBundle } from '../../src/snapshot/write-bundle.ts';
import { buildRecording, seed, truth } from './recording.ts';

/** A bundle of the small recording in a folder; answers its path. Another seed gives another task. */
export async function smallBundle(
  out: string,
  options: { readonly recording?: Recording; readonly seed?: string } = {},
): Promise<string> {
  const { task } = await writeBundle(options.recording ?? buildRecording(), truth, {
    out,
    seed: options.seed ?? seed,
    domain: 'sre',
    split: 'public',
    application: { name: 'shop', summary: 'A web shop.', namespaces: ['shop'] },
  });
  return join(out, task);
}
