import { resolve } from 'node:path';
import { type ApplicationCache, checkScenario } from '../../author/check-scenario.ts';
import type { Diagnostic } from '../../base/diagnostics.ts';
import { exitCodes } from '../../base/errors.ts';
import { loadScenario } from '../../spec/load-scenario.ts';
import { loadSuite } from '../../spec/load-suite.ts';
import { readKind } from '../../spec/read-kind.ts';
import type { CommonOptions, Io } from '../io.ts';
import { displayPath, renderDiagnostics } from '../render-diagnostics.ts';

/** `culprit scenario validate FILE…`: every mistake of scenarios and suites; exit 1 if there is one. */
export async function scenarioValidate(options: CommonOptions & { file: string[] }, io: Io): Promise<number> {
  const all: Diagnostic[] = [];
  const scenarios = await scenarioPaths(
    options.file.map((file) => resolve(io.cwd, file)),
    all,
  );
  const cache: ApplicationCache = new Map();
  for (const path of scenarios) all.push(...(await checkScenario(path, cache)).diagnostics);
  all.push(...(await duplicateNames(scenarios, io.cwd)));
  const diagnostics = distinct(all);
  const errors = diagnostics.filter((diagnostic) => diagnostic.severity === 'error').length;
  if (options.json) {
    const shown = diagnostics.map((one) => ({
      ...one,
      location: { ...one.location, file: displayPath(one.location.file, io.cwd) },
    }));
    io.stdout.write(
      `${JSON.stringify({ valid: errors === 0, scenarios: scenarios.length, diagnostics: shown }, undefined, 2)}\n`,
    );
  } else {
    io.stdout.write(renderDiagnostics(diagnostics, io.cwd));
    const warnings = diagnostics.length - errors;
    const notes = warnings > 0 ? `, ${warnings} ${warnings === 1 ? 'warning' : 'warnings'}` : '';
    if (!options.quiet)
      io.stderr.write(
        errors > 0
          ? `${errors} ${errors === 1 ? 'mistake' : 'mistakes'}${notes}\n`
          : `${scenarios.length} valid${notes}\n`,
      );
  }
  return errors > 0 ? exitCodes.failed : exitCodes.ok;
}

/** Scenario files given, and those of suites given; each once. */
async function scenarioPaths(files: readonly string[], diagnostics: Diagnostic[]): Promise<string[]> {
  const paths = new Set<string>();
  for (const file of files) {
    if ((await readKind(file)) !== 'Suite') paths.add(file);
    else {
      const suite = await loadSuite(file);
      diagnostics.push(...suite.diagnostics);
      if (suite.ok) for (const path of suite.value.scenarioPaths) paths.add(path);
    }
  }
  return [...paths];
}

async function duplicateNames(paths: readonly string[], cwd: string): Promise<Diagnostic[]> {
  const seen = new Map<string, string>();
  const diagnostics: Diagnostic[] = [];
  for (const path of paths) {
    const loaded = await loadScenario(path);
    if (!loaded.ok) continue;
    const { name } = loaded.value.value.metadata;
    const other = seen.get(name);
    if (other === undefined) seen.set(name, path);
    else {
      const message = `the scenario in ${displayPath(other, cwd)} is called "${name}", too`;
      diagnostics.push({
        severity: 'error',
        code: 'SCN016',
        location: loaded.value.source.locate('/metadata/name'),
        message,
      });
    }
  }
  return diagnostics;
}

/** An application's mistakes come with every scenario that uses it. */
function distinct(diagnostics: readonly Diagnostic[]): Diagnostic[] {
  const seen = new Set<string>();
  return diagnostics.filter((one) => {
    const identity = JSON.stringify(one);
    return !seen.has(identity) && seen.add(identity);
  });
}
