import { CulpritError, exitCodes } from '../base/errors.ts';
import { DiagnosticsError } from '../spec/diagnostics-error.ts';
import type { Io } from './io.ts';
import { renderDiagnostics } from './render-diagnostics.ts';

/** Prints what went wrong to stderr and answers the exit code. The only place that turns errors into text. */
export function renderError(
  error: unknown,
  io: Pick<Io, 'stderr' | 'cwd'>,
  options: { json: boolean; verbose: boolean },
): number {
  if (error instanceof DiagnosticsError) {
    if (options.json)
      io.stderr.write(
        `${JSON.stringify({ error: { code: error.code, message: error.message, diagnostics: error.diagnostics } })}\n`,
      );
    else io.stderr.write(renderDiagnostics(error.diagnostics, io.cwd));
    return error.exitCode;
  }
  if (CulpritError.isInstance(error)) {
    if (options.json) {
      const { code, message, hint, details } = error;
      io.stderr.write(`${JSON.stringify({ error: { code, message, hint, details } })}\n`);
      return error.exitCode;
    }
    io.stderr.write(`error: ${error.message}\n`);
    if (error.hint) io.stderr.write(`  hint: ${error.hint}\n`);
    if (options.verbose) io.stderr.write(verboseFacts(error));
    return error.exitCode;
  }
  return renderInternal(error, io, options.json);
}

function verboseFacts(error: CulpritError): string {
  let out = `  code: ${error.code}\n`;
  for (const [name, value] of Object.entries(error.details))
    out += `  ${name}: ${typeof value === 'string' ? value : JSON.stringify(value)}\n`;
  out += `${error.stack ?? ''}\n`;
  for (let cause = error.cause; cause instanceof Error; cause = cause.cause)
    out += `caused by: ${cause.stack ?? cause.message}\n`;
  return out;
}

function renderInternal(error: unknown, io: Pick<Io, 'stderr'>, json: boolean): number {
  const message = error instanceof Error ? error.message : String(error);
  const stack = error instanceof Error ? error.stack : undefined;
  if (json) io.stderr.write(`${JSON.stringify({ error: { code: 'internal', message, stack } })}\n`);
  else {
    io.stderr.write(`error: ${message}\nThis is a bug in culprit, not in your files.\n`);
    io.stderr.write(`  node ${process.versions.node}, ${process.platform} ${process.arch}\n${stack ?? ''}\n`);
    if (error instanceof Error && error.cause instanceof Error)
      io.stderr.write(`caused by: ${error.cause.stack ?? error.cause.message}\n`);
  }
  return exitCodes.internal;
}
