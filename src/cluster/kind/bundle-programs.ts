import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { OperationError } from '../../base/errors.ts';
import { packageRoot } from '../../spec/workspace.ts';

/** What runs inside our images, by the name of its build stage in images/Dockerfile. */
export type Bundled = 'program' | 'recorder';

/** Some packages call `require`, which an ES module does not have by itself. */
const banner = "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);";

/**
 * One file with everything that the containers run, from the sources of a checkout or from an installed package. The
 * same sources give the same text.
 */
export async function bundleProgram(name: Bundled): Promise<string> {
  const entries = [
    join(packageRoot, 'src', 'container', `${name}-main.ts`),
    join(packageRoot, 'dist', 'container', `${name}-main.js`),
  ];
  const entry = entries.find((path) => existsSync(path));
  if (entry === undefined)
    throw new OperationError('incomplete-package', `there is no ${entries.join(' and no ')}`);
  const { build } = await import('esbuild');
  try {
    const { outputFiles } = await build({
      entryPoints: [entry],
      bundle: true,
      write: false,
      platform: 'node',
      format: 'esm',
      target: 'node22',
      minify: true,
      keepNames: true,
      legalComments: 'none',
      external: ['pg-native'],
      banner: { js: banner },
      logLevel: 'silent',
    });
    const [output] = outputFiles;
    if (output === undefined) throw new Error('no output');
    return output.text;
  } catch (cause) {
    throw new OperationError('bundle-failed', `${entry} cannot be bundled: ${(cause as Error).message}`, {
      cause,
    });
  }
}
