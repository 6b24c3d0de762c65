import { Readable } from 'node:stream';
import { Decrypter } from 'age-encryption';
import { extract } from 'tar-stream';
import { OperationError, PrerequisiteError, UserError } from '../../base/errors.ts';
import { sha256 } from '../../base/hash.ts';
import type { Manifest } from '../../spec/bundle.ts';
import { readManifest } from '../public-reader.ts';
import { SafeDirectory } from '../safe-directory.ts';
import { parseRecipients } from '../seal-keys.ts';
import { commitmentTo } from './commitment.ts';

/** Where a sealed private part lies in its bundle. */
export const sealedFile = 'private.age';

/** Whose keys open it: a public key a line. It tells nothing of what is inside. */
export const recipientsFile = 'recipients.txt';

/** The files of a private part, by path in the bundle. */
export type PrivateFiles = ReadonlyMap<string, Uint8Array>;

/** Whether a bundle has a sealed private part. */
export async function isSealed(bundle: string): Promise<boolean> {
  return (await SafeDirectory.open(bundle)).has(sealedFile);
}

/**
 * Decrypts a sealed private part in memory and checks that it is the one the manifest commits to.
 * PrerequisiteError `no-private-part` without a key, UserError `wrong-key` with none that fits.
 */
export async function readSealed(bundle: string, identities: readonly string[]): Promise<PrivateFiles> {
  const directory = await SafeDirectory.open(bundle);
  const wanted = await sealedTo(directory);
  if (identities.length === 0)
    throw new PrerequisiteError('no-private-part', `the truth of ${bundle} is sealed${wanted}`, {
      hint: 'name the file of your secret key with --identity; without a key of a recipient nobody can score it',
    });
  const handle = await directory.openFile(sealedFile);
  const sealed = await handle.readFile().finally(() => handle.close());
  const files = await untar(await decrypt(sealed, identities, bundle, wanted), bundle);
  checkCommitment(files, await readManifest(bundle), bundle);
  return files;
}

/** For messages: ` to age1…`; nothing where the bundle does not say. */
async function sealedTo(directory: SafeDirectory): Promise<string> {
  if (!(await directory.has(recipientsFile))) return '';
  const keys = parseRecipients(await directory.text(recipientsFile), recipientsFile);
  return `; it takes the secret key of ${keys.join(' or ')}`;
}

async function decrypt(
  sealed: Uint8Array,
  identities: readonly string[],
  bundle: string,
  wanted: string,
): Promise<Uint8Array> {
  const decrypter = new Decrypter();
  for (const identity of identities)
    try {
      decrypter.addIdentity(identity);
    } catch {
      // not the library's message: it may quote the key
      throw new UserError('identity', 'an identity is no secret key of age');
    }
  try {
    return await decrypter.decrypt(sealed);
  } catch (error) {
    if (/no identity matched/i.test((error as Error).message))
      throw new UserError('wrong-key', `${bundle} is sealed to other keys than the given ones${wanted}`, {
        hint: 'ask who sealed it, or name another --identity',
      });
    throw new OperationError('seal-broken', `${sealedFile} of ${bundle} cannot be decrypted: it is damaged`, {
      cause: error,
    });
  }
}

async function untar(archive: Uint8Array, bundle: string): Promise<PrivateFiles> {
  const files = new Map<string, Uint8Array>();
  for await (const entry of Readable.from([archive]).pipe(extract())) {
    const chunks: Uint8Array[] = [];
    for await (const chunk of entry as AsyncIterable<Uint8Array>) chunks.push(chunk);
    const { name, type } = entry.header;
    if (type !== 'file' || !/^private\/[a-z-]+\.[a-z]+$/.test(name) || files.has(name))
      throw new OperationError('seal-broken', `${sealedFile} of ${bundle} holds what no private part has`);
    files.set(name, Buffer.concat(chunks));
  }
  return files;
}

/** Throws OperationError unless the files are those the manifest commits to. */
export function checkCommitment(files: PrivateFiles, manifest: Manifest, bundle: string): void {
  let salt: unknown;
  try {
    const text = new TextDecoder().decode(files.get('private/provenance.json'));
    salt = (JSON.parse(text) as { salt?: unknown } | null)?.salt;
  } catch {
    // without a readable provenance there is no salt
  }
  const digests = [...files].map(([path, bytes]) => ({ path, digest: sha256(bytes) }));
  if (typeof salt !== 'string' || commitmentTo(digests, salt) !== manifest.privateCommitment)
    throw new OperationError(
      'not-committed',
      `the private part of ${bundle} is not the one its manifest commits to`,
      {
        hint: 'it was changed, or belongs to another bundle',
      },
    );
}
