import type { Checked } from '../base/diagnostics.ts';
import { checkFile, type LoadedFile, loadFile } from './load-file.ts';
import { Scenario } from './scenario.ts';
import type { SourceDocument } from './source-document.ts';

const format = { kind: 'Scenario', schema: Scenario };

/** Loads a scenario file and checks its form; what its parts mean is for `validateScenario`. */
export function loadScenario(path: string): Promise<Checked<LoadedFile<Scenario>>> {
  return loadFile<Scenario>(path, format);
}

/** The same for a document that was parsed already. */
export function checkScenarioForm(source: SourceDocument): Checked<LoadedFile<Scenario>> {
  return checkFile<Scenario>(source, format);
}
