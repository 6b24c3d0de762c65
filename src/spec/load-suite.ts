import { access } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import type { Checked, Diagnostic } from '../base/diagnostics.ts';
import { inFileOrder, type LoadedFile, loadFile } from './load-file.ts';
import { Suite } from './scenario.ts';
import { jsonPointer } from './source-document.ts';

export interface LoadedSuite extends LoadedFile<Suite> {
  /** Absolute paths of the scenario files, in the suite's order. */
  readonly scenarioPaths: readonly string[];
}

/** Loads a suite: form, and that its scenario files exist and are named once. The scenarios themselves are not read. */
export async function loadSuite(path: string): Promise<Checked<LoadedSuite>> {
  const loaded = await loadFile<Suite>(path, { kind: 'Suite', schema: Suite });
  if (!loaded.ok) return loaded;
  const { value: suite, source } = loaded.value;
  const diagnostics: Diagnostic[] = [];
  const scenarioPaths = suite.scenarios.map((scenario) => resolve(dirname(path), scenario));
  for (const [index, scenarioPath] of scenarioPaths.entries()) {
    const location = source.locate(jsonPointer('scenarios', index));
    if (scenarioPaths.indexOf(scenarioPath) !== index)
      diagnostics.push({
        severity: 'error',
        code: 'SUI002',
        location,
        message: `"${suite.scenarios[index]}" is in the list already`,
      });
    else if (!(await isThere(scenarioPath)))
      diagnostics.push({
        severity: 'error',
        code: 'SUI001',
        location,
        message: `no such file: ${suite.scenarios[index]}`,
        hint: 'paths are relative to the suite file',
      });
  }
  const bands = suite.difficulty?.bands;
  if (bands !== undefined && !isAscending([bands.hard, bands.medium, bands.easy, bands.trivial]))
    diagnostics.push({
      severity: 'error',
      code: 'SUI003',
      location: source.locate(jsonPointer('difficulty', 'bands')),
      message: 'the bands do not rise from hard over medium and easy to trivial',
      hint: 'each is the lower end of its band, such as hard: 0.1, medium: 0.3, easy: 0.7, trivial: 0.9',
    });
  if (diagnostics.length > 0) return { ok: false, diagnostics: inFileOrder(diagnostics) };
  return { ok: true, value: { ...loaded.value, scenarioPaths }, diagnostics: [] };
}

function isAscending(values: readonly number[]): boolean {
  return values.every((value, index) => index === 0 || value > (values[index - 1] ?? 0));
}

async function isThere(path: string): Promise<boolean> {
  try {
    await access(path);
    return true;
  } catch {
    return false;
  }
}
