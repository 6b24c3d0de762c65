import { chmod, mkdir, mkdtemp, readFile, rename, rm, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { Encrypter } from 'age-encryption';
import { atomicWrite } from '../base/atomic-write.ts';
import { OperationError, UserError } from '../base/errors.ts';
import { byCodeUnit } from '../base/order.ts';
import { bundleFileTime, writeWhole } from './file-sink.ts';
import { tarOf } from './pack-tar.ts';
import { checkCommitment, readSealed, recipientsFile, sealedFile } from './private/sealed-part.ts';
import { readManifest } from './public-reader.ts';
import { SafeDirectory } from './safe-directory.ts';

/**
 * Encrypts the private part of a bundle to public keys of age: `private.age` takes the place of `private/`, and the
 * salted commitment in the manifest is all that is left in the open. Refuses a private part that is not the one the
 * manifest commits to.
 */
export async function sealBundle(bundle: string, recipients: readonly string[]): Promise<void> {
  const encrypter = new Encrypter();
  if (recipients.length === 0)
    throw new UserError('recipient', 'nobody to seal to', { hint: 'name a public key with --recipient' });
  for (const recipient of recipients)
    try {
      encrypter.addRecipient(recipient);
    } catch (error) {
      throw new UserError('recipient', `${recipient} is no public key of age: ${(error as Error).message}`);
    }
  const manifest = await readManifest(bundle);
  const directory = await SafeDirectory.open(bundle);
  const paths = (await directory.files())
    .map(({ path }) => path)
    .filter((path) => path.startsWith('private/'));
  if (paths.length === 0)
    throw new UserError('no-private-part', `${bundle} has no private part to seal`, {
      hint: (await directory.has(sealedFile)) ? 'it is sealed already' : 'only who built it has one',
    });
  const files = new Map<string, Uint8Array>();
  for (const path of paths) files.set(path, await readFile(join(directory.root, path)));
  checkCommitment(files, manifest, bundle);
  const archive = await tarOf([...files].map(([path, bytes]) => ({ path, bytes })));
  const target = join(directory.root, sealedFile);
  await atomicWrite(target, await encrypter.encrypt(new Uint8Array(archive)));
  const keys = join(directory.root, recipientsFile);
  await atomicWrite(
    keys,
    `# private.age opens with a secret key of\n${[...recipients].sort(byCodeUnit).join('\n')}\n`,
  );
  for (const path of [target, keys]) {
    await chmod(path, 0o644);
    await utimes(path, bundleFileTime, bundleFileTime);
  }
  await rm(join(directory.root, 'private'), { recursive: true });
  await utimes(directory.root, bundleFileTime, bundleFileTime);
}

/** Decrypts `private.age` into `private/`; the sealed file stays. Errors as of `readSealed`. */
export async function openBundle(bundle: string, identities: readonly string[]): Promise<void> {
  const { root } = await SafeDirectory.open(bundle);
  const files = await readSealed(bundle, identities);
  const temporary = await mkdtemp(join(root, '.open-'));
  try {
    await mkdir(join(temporary, 'private'));
    for (const [path, bytes] of files) writeWhole(temporary, path, new TextDecoder('utf-8').decode(bytes));
    await chmod(join(temporary, 'private'), 0o755);
    await utimes(join(temporary, 'private'), bundleFileTime, bundleFileTime);
    await rename(join(temporary, 'private'), join(root, 'private'));
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code !== 'ENOTEMPTY' && code !== 'EEXIST') throw error;
    throw new OperationError('already-open', `${bundle} has a private part already`, { cause: error });
  } finally {
    await rm(temporary, { recursive: true, force: true });
    await utimes(root, bundleFileTime, bundleFileTime);
  }
}
