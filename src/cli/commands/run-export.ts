import { basename, dirname, join, relative, resolve } from 'node:path';
import { atomicWrite } from '../../base/atomic-write.ts';
import { exitCodes, UserError } from '../../base/errors.ts';
import { toAtif } from '../../harness/atif.ts';
import { RunDirectory } from '../../harness/run-directory.ts';
import { readTranscript, type TranscriptLine } from '../../harness/transcript.ts';
import type { Command } from '../io.ts';

interface Options {
  readonly run: string;
  readonly format: string;
  readonly out?: string;
}

/** `culprit run export RUN`: a trajectory file for every sample that has a transcript. */
export const runExport: Command<Options> = async (options, io) => {
  if (options.format !== 'atif')
    throw new UserError('format', `unknown format "${options.format}"`, { hint: 'known: atif' });
  const run = await RunDirectory.open(resolve(io.cwd, options.run));
  const out = resolve(io.cwd, options.out ?? join(options.run, 'atif'));
  const files: string[] = [];
  for (const key of run.keys()) {
    const path = run.transcriptPath(key);
    const lines: TranscriptLine[] = [];
    for await (const line of readTranscript(path)) lines.push(line);
    const trajectory = toAtif(run.run.id, lines);
    if (trajectory === undefined) continue;
    const file = join(out, `${key.task}-${basename(dirname(path))}.json`);
    await atomicWrite(file, `${JSON.stringify(trajectory, undefined, 2)}\n`);
    files.push(relative(io.cwd, file));
  }
  io.stdout.write(
    options.json ? `${JSON.stringify({ files }, undefined, 2)}\n` : files.map((file) => `${file}\n`).join(''),
  );
  return exitCodes.ok;
};
