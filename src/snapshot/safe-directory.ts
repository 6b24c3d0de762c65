import { constants } from 'node:fs';
import { type FileHandle, lstat, open, readdir, realpath } from 'node:fs/promises';
import { join } from 'node:path';
import { UserError } from '../base/errors.ts';
import { byCodeUnit } from '../base/order.ts';

/** Limits of what is read of a bundle that may come from anywhere. */
export const bundleLimits = {
  /** Bytes of one file. */
  fileBytes: 256 * 1024 * 1024,
  /** Bytes of one line. */
  lineBytes: 8 * 1024 * 1024,
  files: 20_000,
  depth: 6,
} as const;

/** A regular file in a bundle. */
export interface BundleFile {
  /** Relative, with `/`. */
  readonly path: string;
  readonly bytes: number;
}

/**
 * A folder that is read with suspicion: links and special files are refused, so are paths that lead outside, files
 * that are too large and folders that are too deep. Problems are UserError with the path in the message.
 */
export class SafeDirectory {
  readonly root: string;

  private constructor(root: string) {
    this.root = root;
  }

  static async open(path: string): Promise<SafeDirectory> {
    let root: string;
    try {
      root = await realpath(path);
      if (!(await lstat(root)).isDirectory()) throw new Error('not a folder');
    } catch (error) {
      throw new UserError('no-bundle', `${path} is not a folder that can be read`, { cause: error });
    }
    return new SafeDirectory(root);
  }

  /** All regular files below, sorted. What is neither file nor folder is refused. */
  async files(): Promise<readonly BundleFile[]> {
    const found: BundleFile[] = [];
    await this.#collect('', 0, found);
    return found.sort((a, b) => byCodeUnit(a.path, b.path));
  }

  async #collect(folder: string, depth: number, found: BundleFile[]): Promise<void> {
    if (depth > bundleLimits.depth) throw refused(folder, `deeper than ${bundleLimits.depth} folders`);
    for (const entry of await readdir(join(this.root, folder), { withFileTypes: true })) {
      const path = folder === '' ? entry.name : `${folder}/${entry.name}`;
      if (entry.isDirectory()) await this.#collect(path, depth + 1, found);
      else if (entry.isFile()) found.push({ path, bytes: (await lstat(join(this.root, path))).size });
      else throw refused(path, 'neither a file nor a folder (links are not followed)');
      if (found.length > bundleLimits.files) throw refused(folder, `more than ${bundleLimits.files} files`);
    }
  }

  async has(path: string): Promise<boolean> {
    try {
      await this.#check(path);
      return true;
    } catch {
      return false;
    }
  }

  /** Opens a file for reading; the caller closes it. */
  async openFile(path: string): Promise<FileHandle> {
    await this.#check(path);
    const handle = await open(join(this.root, path), constants.O_RDONLY | constants.O_NOFOLLOW);
    const facts = await handle.stat();
    if (facts.isFile() && facts.size <= bundleLimits.fileBytes) return handle;
    await handle.close();
    throw refused(
      path,
      facts.isFile() ? `larger than ${bundleLimits.fileBytes} bytes` : 'not a regular file',
    );
  }

  /** A whole file as text. */
  async text(path: string): Promise<string> {
    const handle = await this.openFile(path);
    try {
      return new TextDecoder('utf-8', { fatal: true }).decode(await handle.readFile());
    } catch (error) {
      throw refused(path, `cannot be read as UTF-8 text: ${(error as Error).message}`);
    } finally {
      await handle.close();
    }
  }

  async #check(path: string): Promise<void> {
    const parts = path.split('/');
    if (parts.some((part) => part === '' || part === '.' || part === '..' || /[\\\0]/.test(part)))
      throw refused(path, 'leads outside of the bundle');
    for (let length = 1; length <= parts.length; length++) {
      const facts = await lstat(join(this.root, ...parts.slice(0, length))).catch(() => undefined);
      if (facts === undefined) throw refused(path, 'is not there');
      if (length < parts.length ? !facts.isDirectory() : !facts.isFile())
        throw refused(path, 'is a link or no regular file');
    }
  }
}

function refused(path: string, why: string): UserError {
  return new UserError('bundle-file', `${path || 'the bundle'}: ${why}`);
}
