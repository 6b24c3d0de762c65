import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { sha256 } from '../base/hash.ts';
import { jsonEqual } from '../base/json.ts';
import { readPrivate, unprovedOf } from '../snapshot/private/truth.ts';
import { readManifest } from '../snapshot/public-reader.ts';
import type { BuiltTask } from './build-pool.ts';
import { directorySize } from './directory-size.ts';

/** What a bundle is made from; two builds of the same give bundles that need not be made twice. */
export interface BundleOrigin {
  readonly culprit: string;
  readonly provider: string;
  readonly profile: string;
  readonly application: { readonly name: string; readonly digest: string };
  /** Digest of the scenario file. */
  readonly scenario: { readonly digest: string };
}

/** The bundle in `directory`, if it is whole and has this origin. */
export async function alreadyBuilt(directory: string, origin: BundleOrigin): Promise<BuiltTask | undefined> {
  try {
    const { provenance, effects } = await readPrivate(directory);
    const { culprit, provider, profile, application, scenario } = provenance as Partial<BundleOrigin>;
    const found = { culprit, provider, profile, application, scenario: { digest: scenario?.digest } };
    if (!jsonEqual(found, origin) || unprovedOf(effects).length > 0) return undefined;
    const manifest = await readManifest(directory);
    return {
      task: manifest.task,
      directory,
      digest: sha256(await readFile(join(directory, 'manifest.json'))),
      split: manifest.split,
      provider: manifest.provider,
      bytes: await directorySize(directory),
      isOld: true,
    };
  } catch {
    // no bundle, half a bundle, somebody else's: it is built
    return undefined;
  }
}
