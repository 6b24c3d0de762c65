import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { writeWhole } from '../../snapshot/file-sink.ts';
import { manifestText, publicDigest } from '../../snapshot/manifest.ts';
import { readPublic } from '../../snapshot/public-reader.ts';
import type { ScoredTask } from './run-panel.ts';

/**
 * Bundles that hold nothing but the README of the original: window, application and what would be there. Who is right
 * about one knows the task from elsewhere, or guesses.
 */
export async function withoutEvidence(
  tasks: readonly ScoredTask[],
  folder: string,
): Promise<readonly ScoredTask[]> {
  const bare: ScoredTask[] = [];
  for (const { task, bundle, scorer } of tasks) {
    const { manifest, readme } = await readPublic(bundle);
    const target = join(folder, task);
    await rm(target, { recursive: true, force: true });
    await mkdir(target, { recursive: true });
    const files = [writeWhole(target, 'public/README.md', await readme())];
    writeWhole(
      target,
      'manifest.json',
      manifestText({ ...manifest, files, publicDigest: publicDigest(files) }),
    );
    bare.push({ task, bundle: target, scorer });
  }
  return bare;
}
