import type { Checked } from '../base/diagnostics.ts';
import { type LoadedFile, loadFile } from './load-file.ts';
import { Scenario } from './scenario.ts';

/** Loads a scenario file and checks its form; what its parts mean is for `validateScenario`. */
export function loadScenario(path: string): Promise<Checked<LoadedFile<Scenario>>> {
  return loadFile<Scenario>(path, { kind: 'Scenario', schema: Scenario });
}
