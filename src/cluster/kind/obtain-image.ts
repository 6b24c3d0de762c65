import { CulpritError, OperationError } from '../../base/errors.ts';
import { imageIds } from './docker.ts';
import { runCommand } from './run-command.ts';

export interface ObtainOptions {
  readonly mirrors: Readonly<Record<string, string>>;
  /** An image of the same interface that may be here when nothing can be pulled. */
  readonly offline: string;
  /** What to set to have another one. */
  readonly variable: string;
  readonly onStep: (text: string) => void;
  readonly signal?: AbortSignal;
}

/** The local name of an image: as it is if it is here, else pulled (through a mirror), else its offline stand-in. */
export async function obtainImage(name: string, options: ObtainOptions): Promise<string> {
  const { onStep, signal } = options;
  if ((await imageIds([name])).has(name)) return name;
  const source = mirrored(name, options.mirrors);
  try {
    onStep(`pulling ${source}`);
    await runCommand('docker', ['pull', '--quiet', source], {
      timeoutMs: 900_000,
      ...(signal ? { signal } : {}),
    });
    return source;
  } catch (error) {
    if (!CulpritError.isInstance(error) || error.code !== 'command-failed') throw error;
    if ((await imageIds([options.offline])).has(options.offline)) {
      onStep(`${source} cannot be pulled; using the local ${options.offline}`);
      return options.offline;
    }
    throw new OperationError('image-missing', `the image ${source} is not here and cannot be pulled`, {
      hint: `name one that can be had with ${options.variable}, or set registryMirrors in the profile`,
      cause: error,
    });
  }
}

/** The name with its registry replaced; an official image's full name is docker.io/library/NAME. */
export function mirrored(name: string, mirrors: Readonly<Record<string, string>>): string {
  const [first = '', ...rest] = name.split('/');
  const hasHost = rest.length > 0 && (/[.:]/.test(first) || first === 'localhost');
  const host = hasHost ? first : 'docker.io';
  const path = hasHost ? rest.join('/') : rest.length > 0 ? name : `library/${name}`;
  const prefix = mirrors[host];
  return prefix === undefined ? name : `${prefix.replace(/\/$/, '')}/${path}`;
}
