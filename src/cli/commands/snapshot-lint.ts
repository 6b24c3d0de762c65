import { join, resolve } from 'node:path';
import { formatDiagnostic } from '../../base/diagnostics.ts';
import { type BundleLint, lintBundles } from '../../gate/lint/lint-bundles.ts';
import { findBundles } from '../../harness/load-task.ts';
import { readIdentities } from '../identities.ts';
import type { CommonOptions, Io } from '../io.ts';
import { displayPath } from '../render-diagnostics.ts';
import { formatTable } from '../table.ts';

/** `culprit snapshot lint BUNDLE…`: leaks, ground truth, identifiability; exit 1 on findings. */
export async function snapshotLint(
  options: CommonOptions & { bundle: string[]; identity?: readonly string[] },
  io: Io,
): Promise<number> {
  const identities = await readIdentities(options.identity, io);
  const bundles = await findBundles(options.bundle.map((path) => resolve(io.cwd, path)));
  const results = (await lintBundles(bundles, { signal: io.signal, identities })).map((result) => ({
    ...result,
    bundle: displayPath(result.bundle, io.cwd),
  }));
  if (options.json) io.stdout.write(`${JSON.stringify({ bundles: results }, undefined, 2)}\n`);
  else {
    for (const { bundle, findings } of results)
      for (const finding of findings) {
        const location = { ...finding.location, file: join(bundle, finding.location.file) };
        const message = `${finding.rule}: ${finding.message}`;
        io.stdout.write(`${formatDiagnostic({ ...finding, location, message })}\n`);
      }
    if (options.verbose) for (const result of results) io.stdout.write(proof(result));
    io.stdout.write(
      formatTable(
        ['task', 'leaks', 'truth', 'told apart', 'result'],
        results.map((result) => [
          result.task,
          String(count(result, 'LEK')),
          result.truth === 'absent' ? 'absent' : String(count(result, 'TRU')),
          `${result.neighbours.filter(({ by }) => by !== undefined).length}/${result.neighbours.length}`,
          result.findings.length === 0 ? 'ok' : `${result.findings.length} findings`,
        ]),
      ),
    );
  }
  return results.some(({ findings }) => findings.length > 0) ? 1 : 0;
}

function count({ findings }: BundleLint, family: string): number {
  return findings.filter(({ code }) => code.startsWith(family)).length;
}

/** The evidence for each cause and what tells it from its neighbours. */
function proof({ bundle, evidence, neighbours }: BundleLint): string {
  let out = '';
  for (const { cause, lines } of evidence) {
    out += `${bundle}: ${cause}\n`;
    for (const { file, line, kind, says } of lines) out += `  ${file}:${line} ${kind}: ${says}\n`;
    for (const { neighbour, relation, by } of neighbours.filter((one) => one.cause === cause))
      out += `  not ${neighbour} (${relation}): ${by === undefined ? 'nothing tells' : `${by.file}:${by.line} ${by.kind}`}\n`;
  }
  return out;
}
