import { join, resolve } from 'node:path';
import { formatDiagnostic } from '../../base/diagnostics.ts';
import { findBundles } from '../../harness/load-task.ts';
import { verifyBundle } from '../../snapshot/verify-bundle.ts';
import type { CommonOptions, Io } from '../io.ts';
import { displayPath } from '../render-diagnostics.ts';
import { formatTable } from '../table.ts';

/** `culprit snapshot verify BUNDLE…`: checks bundles against their manifests and schemas; exit 1 on findings. */
export async function snapshotVerify(options: CommonOptions & { bundle: string[] }, io: Io): Promise<number> {
  const bundles = await findBundles(options.bundle.map((path) => resolve(io.cwd, path)));
  const results = [];
  for (const path of bundles) {
    io.signal.throwIfAborted();
    results.push({ bundle: displayPath(path, io.cwd), ...(await verifyBundle(path)) });
  }
  if (options.json) io.stdout.write(`${JSON.stringify({ bundles: results }, undefined, 2)}\n`);
  else {
    for (const { bundle, findings } of results)
      for (const finding of findings) {
        const location = { ...finding.location, file: join(bundle, finding.location.file) };
        io.stdout.write(`${formatDiagnostic({ ...finding, location })}\n`);
      }
    const rows = results.map(({ bundle, task, files, bytes, private: part, findings }) => [
      task ?? bundle,
      String(files),
      sizeText(bytes),
      part,
      findings.length === 0 ? 'ok' : `${findings.length} findings`,
    ]);
    io.stdout.write(formatTable(['task', 'files', 'size', 'private', 'result'], rows));
  }
  return results.some(({ findings }) => findings.length > 0) ? 1 : 0;
}

/** `4.2 MB`, `17 kB`. */
export function sizeText(bytes: number): string {
  return bytes >= 1e6 ? `${(bytes / 1e6).toFixed(1)} MB` : `${Math.ceil(bytes / 1e3)} kB`;
}
