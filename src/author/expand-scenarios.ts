import type { Diagnostic } from '../base/diagnostics.ts';
import { UserError } from '../base/errors.ts';
import { DiagnosticsError } from '../spec/diagnostics-error.ts';
import { loadSuite } from '../spec/load-suite.ts';
import { readKind } from '../spec/read-kind.ts';

/** The scenario files meant by a list of scenario and suite files, in order, each once. */
export async function expandScenarios(files: readonly string[]): Promise<readonly string[]> {
  const scenarios = new Set<string>();
  const diagnostics: Diagnostic[] = [];
  for (const file of files) {
    if ((await readKind(file)) !== 'Suite') {
      scenarios.add(file);
      continue;
    }
    const suite = await loadSuite(file);
    if (suite.ok) for (const path of suite.value.scenarioPaths) scenarios.add(path);
    else diagnostics.push(...suite.diagnostics);
  }
  if (diagnostics.length > 0) throw new DiagnosticsError(diagnostics);
  if (scenarios.size === 0) throw new UserError('nothing-to-build', 'no scenario was given');
  return [...scenarios];
}
