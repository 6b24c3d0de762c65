import { access, readdir } from 'node:fs/promises';
import { dirname, isAbsolute, join, resolve } from 'node:path';
import { UserError } from '../base/errors.ts';
import { nearest } from '../base/nearest.ts';
import { byCodeUnit } from '../base/order.ts';

/** The folder of culprit's own `package.json`: from `src/spec` and from `dist/spec` alike. */
export const packageRoot = join(import.meta.dirname, '..', '..');

/** Folders where names are looked up, nearest first: from `directory` upward, then what comes with culprit. */
export function searchFolders(directory: string): string[] {
  const folders: string[] = [];
  for (let folder = resolve(directory); ; folder = dirname(folder)) {
    folders.push(folder);
    if (dirname(folder) === folder) break;
  }
  return folders.includes(packageRoot) ? folders : [...folders, packageRoot];
}

/** The folder of an application by name, `clusters/apps/<name>`; `undefined` if there is none. */
export function findApplication(name: string, directory: string): Promise<string | undefined> {
  return findFirst(directory, join('clusters', 'apps', name), 'application.yaml');
}

function isPath(name: string): boolean {
  return isAbsolute(name) || name.includes('/') || name.endsWith('.yaml');
}

/** A profile given as an option: paths are relative to where the command runs, not to the scenario; names stay names. */
export function profileOption<T extends string | undefined>(given: T, cwd: string): T | string {
  return given !== undefined && isPath(given) ? resolve(cwd, given) : given;
}

/** The file of a cluster profile: a path relative to `directory`, or a name below `clusters/`. */
export async function findProfile(name: string, directory: string): Promise<string | undefined> {
  if (isPath(name)) {
    const path = resolve(directory, name);
    return (await isThere(path)) ? path : undefined;
  }
  return findFirst(directory, join('clusters', `${name}.yaml`));
}

/** Names of all applications that can be found from `directory`. */
export function listApplications(directory: string): Promise<string[]> {
  return listNames(directory, join('clusters', 'apps'), async (folder, name) =>
    (await isThere(join(folder, name, 'application.yaml'))) ? name : undefined,
  );
}

/** Names of all cluster profiles that can be found from `directory`. */
export function listProfiles(directory: string): Promise<string[]> {
  return listNames(directory, 'clusters', async (_, name) =>
    name.endsWith('.yaml') ? name.slice(0, -'.yaml'.length) : undefined,
  );
}

/** The application's folder, or a UserError that names the known ones. For names given as an option. */
export async function requireApplication(name: string, directory: string): Promise<string> {
  return (
    (await findApplication(name, directory)) ??
    unknown('application', name, await listApplications(directory))
  );
}

/** The profile's file, or a UserError that names the known ones. For names given as an option. */
export async function requireProfile(name: string, directory: string): Promise<string> {
  return (
    (await findProfile(name, directory)) ?? unknown('cluster profile', name, await listProfiles(directory))
  );
}

function unknown(kind: string, name: string, known: readonly string[]): never {
  const near = nearest(name, known);
  throw new UserError('unknown-name', `unknown ${kind} "${name}"`, {
    hint: `${near ? `did you mean "${near}"? ` : ''}known: ${known.join(', ') || 'none'}`,
  });
}

async function findFirst(directory: string, path: string, marker = ''): Promise<string | undefined> {
  for (const folder of searchFolders(directory))
    if (await isThere(join(folder, path, marker))) return join(folder, path);
  return undefined;
}

async function listNames(
  directory: string,
  path: string,
  nameOf: (folder: string, entry: string) => Promise<string | undefined>,
): Promise<string[]> {
  const names = new Set<string>();
  for (const root of searchFolders(directory)) {
    const folder = join(root, path);
    for (const entry of await readdir(folder).catch(() => [])) {
      const name = await nameOf(folder, entry);
      if (name !== undefined) names.add(name);
    }
  }
  return [...names].sort(byCodeUnit);
}

async function isThere(path: string): Promise<boolean> {
  try {
    await access(path);
    return true;
  } catch {
    return false;
  }
}
