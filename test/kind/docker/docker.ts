import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

/** What a docker command prints. */
export function runDocker(...args: readonly string[]): Promise<{ stdout: string; stderr: string }> {
  return promisify(execFile)('docker', args);
}

/** The standard output of a docker command, without the newline. */
export async function docker(...args: readonly string[]): Promise<string> {
  return (await runDocker(...args)).stdout.trim();
}

/** The first of the images that is on this machine; undefined where none is. */
export async function presentImage(...images: readonly string[]): Promise<string | undefined> {
  for (const image of images) {
    const isThere = await docker('image', 'inspect', image).then(
      () => true,
      () => false,
    );
    if (isThere) return image;
  }
  return undefined;
}
