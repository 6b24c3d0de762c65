import { sha256 } from '../base/hash.ts';
import { canonicalJson } from '../base/json.ts';
import type { Manifest } from '../spec/bundle.ts';

/** Digest over the list of public files. */
export function publicDigest(files: Manifest['files']): string {
  return sha256(canonicalJson(files));
}

/** Text of `manifest.json`. */
export function manifestText(manifest: Manifest): string {
  return `${canonicalJson(manifest, 2)}\n`;
}
