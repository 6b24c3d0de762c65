import { exitCodes } from '../base/errors.ts';
import type { Io } from './io.ts';
import { createProgram } from './program.ts';
import { renderError } from './render-error.ts';

/** Runs one command line (without `node culprit`) and answers the exit code; never throws. */
export async function run(argv: readonly string[], io: Io): Promise<number> {
  const result: { code: number } = { code: exitCodes.ok };
  try {
    await createProgram(io, result).parseAsync([...argv], { from: 'user' });
    return result.code;
  } catch (error) {
    if (isCommanderError(error)) return error.exitCode === 0 ? exitCodes.ok : exitCodes.usage;
    if (io.signal.aborted && isAbort(error)) return exitCodes.interrupted;
    const json = argv.includes('--json');
    const verbose = argv.includes('-v') || argv.includes('--verbose');
    return renderError(error, io, { json, verbose });
  }
}

/** commander has printed its message already. */
function isCommanderError(error: unknown): error is { exitCode: number } {
  return (
    error instanceof Error &&
    'code' in error &&
    typeof error.code === 'string' &&
    error.code.startsWith('commander.')
  );
}

function isAbort(error: unknown): boolean {
  return (
    error instanceof Error &&
    (error.name === 'AbortError' || ('code' in error && error.code === 'interrupted'))
  );
}
