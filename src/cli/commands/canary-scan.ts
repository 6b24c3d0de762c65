import { resolve } from 'node:path';
import { exitCodes } from '../../base/errors.ts';
import { findBundles } from '../../harness/load-task.ts';
import { suiteCanaryOf } from '../../snapshot/canary.ts';
import { type CanaryScan, scanForCanaries } from '../../snapshot/canary-scan.ts';
import { readManifest } from '../../snapshot/public-reader.ts';
import type { Command } from '../io.ts';
import { displayPath } from '../render-diagnostics.ts';
import { formatTable } from '../table.ts';

interface CanaryScanOptions {
  readonly path: readonly string[];
  readonly bundles?: readonly string[];
}

/** `culprit canary scan PATH…`: canaries of known bundles in corpora and transcripts; exit 1 if there are any. */
export const canaryScan: Command<CanaryScanOptions> = async (options, io) => {
  const bundles = await findBundles((options.bundles ?? ['snapshots']).map((path) => resolve(io.cwd, path)));
  const manifests = await Promise.all(bundles.map(readManifest));
  const canaries = new Map(manifests.map(({ canary, task }) => [canary, task]));
  canaries.set(suiteCanaryOf([...canaries.keys()]), 'suite');
  const scans: CanaryScan[] = [];
  for (const path of options.path)
    scans.push(await scanForCanaries(resolve(io.cwd, path), canaries, io.signal));
  const findings = scans
    .flatMap((scan) => scan.findings)
    .map((finding) => ({ ...finding, file: displayPath(finding.file, io.cwd) }));
  const unread = scans.flatMap((scan) => scan.unread);
  const files = scans.reduce((sum, scan) => sum + scan.files, 0);
  const bytes = scans.reduce((sum, scan) => sum + scan.bytes, 0);
  for (const { file, problem } of unread)
    io.stderr.write(`warning: ${displayPath(file, io.cwd)} was not read to its end: ${problem}\n`);
  if (options.json)
    io.stdout.write(
      `${JSON.stringify({ canaries: canaries.size, files, bytes, findings, unread }, undefined, 2)}\n`,
    );
  else {
    if (findings.length > 0)
      io.stdout.write(
        formatTable(
          ['of', 'where', 'canary'],
          findings.map(({ owner, file, line, canary }) => [owner, `${file}:${line}`, canary]),
        ),
      );
    io.stdout.write(
      `${findings.length} canaries found in ${files} files (${bytes} bytes); looked for those of ${manifests.length} tasks and of their suite\n`,
    );
  }
  return findings.length > 0 || unread.length > 0 ? exitCodes.failed : exitCodes.ok;
};
