import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { writeBundle } from '../../src/snapshot/write-bundle.ts';
import { buildRecording, truth } from '../helpers/recording.ts';

export const rootCause = 'shop/NetworkPolicy/checkout';

/** A folder with as many small bundles, each with its own task id and the root cause `rootCause`. */
export async function tinyBundles(
  count = 1,
): Promise<{ folder: string; tasks: string[]; bundles: string[] }> {
  const folder = mkdtempSync(join(tmpdir(), 'bundles-'));
  const tasks: string[] = [];
  for (let index = 0; index < count; index++) {
    const manifest = await writeBundle(buildRecording(), truth, {
      out: folder,
      seed: (index + 1).toString(16).padStart(32, '0'),
      domain: 'sre',
      split: 'public',
      application: { name: 'shop', summary: 'A web shop.', namespaces: ['shop'] },
    });
    tasks.push(manifest.task);
  }
  return { folder, tasks, bundles: tasks.map((task) => join(folder, task)) };
}
