import { readFileSync } from 'node:fs';
import { isAbsolute, relative, resolve } from 'node:path';
import { codeFrame, type Diagnostic, formatDiagnostic } from '../base/diagnostics.ts';

/** More would hide the first ones; `--json` has all. */
const maxShown = 100;

/** `file:line:column code message — hint` and the lines around it, for each; paths are shown relative to `cwd`. */
export function renderDiagnostics(diagnostics: readonly Diagnostic[], cwd: string): string {
  const sources = new Map<string, string | undefined>();
  let out = '';
  for (const diagnostic of diagnostics.slice(0, maxShown)) {
    const { file, line, column } = diagnostic.location;
    const path = resolve(cwd, file);
    if (!sources.has(path)) sources.set(path, readSource(path));
    const source = sources.get(path);
    const marked =
      diagnostic.severity === 'warning'
        ? { ...diagnostic, message: `warning: ${diagnostic.message}` }
        : diagnostic;
    out += `${formatDiagnostic({ ...marked, location: { file: displayPath(file, cwd), line, column } })}\n`;
    if (source !== undefined) out += `${indent(codeFrame(source, line, column))}\n`;
  }
  if (diagnostics.length > maxShown) out += `… and ${diagnostics.length - maxShown} more\n`;
  return out;
}

/** Relative to `cwd` where that is shorter to read. */
export function displayPath(file: string, cwd: string): string {
  if (!isAbsolute(file)) return file;
  const short = relative(cwd, file);
  return short.startsWith('../..') ? file : short;
}

function readSource(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}

function indent(text: string): string {
  return text.replaceAll(/^/gm, '    ');
}
