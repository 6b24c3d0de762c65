import { resolve } from 'node:path';
import { exitCodes } from '../../base/errors.ts';
import { auditRun } from '../../harness/audit/audit-run.ts';
import { RunDirectory } from '../../harness/run-directory.ts';
import type { Command } from '../io.ts';
import { formatTable } from '../table.ts';

/** `culprit audit RUN`: suspicious acts, for a person to look at. Exit 1 if there are any. */
export const audit: Command<{ readonly run: string }> = async (options, io) => {
  const run = await RunDirectory.open(resolve(io.cwd, options.run));
  const findings = await auditRun(run);
  const samples = new Set(findings.map(({ transcript }) => transcript)).size;
  if (options.json) io.stdout.write(`${JSON.stringify({ findings }, undefined, 2)}\n`);
  else {
    for (const { transcript, line, rule, excerpt } of findings)
      io.stdout.write(`${transcript}:${line} ${rule} ${excerpt}\n`);
    const byAgent = Map.groupBy(findings, ({ agent }) => agent);
    if (findings.length > 0)
      io.stdout.write(
        `\n${formatTable(
          ['agent', 'findings', 'samples', 'kinds'],
          [...byAgent].map(([agent, own]) => [
            agent,
            String(own.length),
            String(new Set(own.map(({ transcript }) => transcript)).size),
            [...new Set(own.map(({ rule }) => rule))].join(', '),
          ]),
        )}`,
      );
    io.stdout.write(
      findings.length === 0
        ? `nothing suspicious in ${run.keys().length} samples\n`
        : `${findings.length} findings in ${samples} of ${run.keys().length} samples\n`,
    );
  }
  return findings.length > 0 ? exitCodes.failed : exitCodes.ok;
};
