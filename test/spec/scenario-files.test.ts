import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type ApplicationCache, checkScenario } from '../../src/author/check-scenario.ts';
import { renderDiagnostics } from '../../src/cli/render-diagnostics.ts';
import { requireValid } from '../../src/spec/diagnostics-error.ts';
import { loadSuite } from '../../src/spec/load-suite.ts';

/** `valid-*.yaml` has no mistake; `invalid-*.yaml` has exactly those in the `.diagnostics` file beside it. */
const folder = join(import.meta.dirname, 'testdata');
const files = readdirSync(folder).filter((name) => name.endsWith('.yaml'));

describe('the scenarios that come with culprit', () => {
  const scenarios = join(import.meta.dirname, '..', '..', 'scenarios');
  it.each(['shop', 'hotel'])('%s: are valid, without warnings, and in the suite', async (application) => {
    const own = join(scenarios, application);
    const suite = requireValid(await loadSuite(join(own, 'suite.yaml')));
    expect(suite.scenarioPaths.toSorted()).toEqual(
      readdirSync(own)
        .filter((name) => name.endsWith('.yaml') && name !== 'suite.yaml')
        .map((name) => join(own, name))
        .sort(),
    );
    const cache: ApplicationCache = new Map();
    for (const path of suite.scenarioPaths)
      expect(renderDiagnostics((await checkScenario(path, cache)).diagnostics, own)).toBe('');
  });
});

describe('scenario files', () => {
  it.each(files.filter((name) => name.startsWith('valid-')))('%s is valid', async (name) => {
    const checked = await checkScenario(join(folder, name));
    expect(renderDiagnostics(checked.diagnostics, folder)).toBe('');
    expect(checked.ok).toBe(true);
  });

  it.each(files.filter((name) => name.startsWith('invalid-')))(
    '%s has its mistakes reported',
    async (name) => {
      const checked = await checkScenario(join(folder, name));
      expect(checked.ok).toBe(false);
      await expect(renderDiagnostics(checked.diagnostics, folder)).toMatchFileSnapshot(
        join(folder, name.replace('.yaml', '.diagnostics')),
      );
    },
  );
});
