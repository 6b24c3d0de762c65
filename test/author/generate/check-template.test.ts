import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { checkTemplate } from '../../../src/author/generate/check-template.ts';
import { renderDiagnostics } from '../../../src/cli/render-diagnostics.ts';

const folder = join(import.meta.dirname, 'testdata');
const scenarios = join(import.meta.dirname, '..', '..', '..', 'scenarios');

it.each(readdirSync(folder).filter((name) => name.startsWith('invalid-') && name.endsWith('.yaml')))(
  '%s has its mistakes reported, each at its place in the template',
  async (name) => {
    const checked = await checkTemplate(join(folder, name));
    expect(checked.ok).toBe(false);
    await expect(renderDiagnostics(checked.diagnostics, folder)).toMatchFileSnapshot(
      join(folder, name.replace('.yaml', '.diagnostics')),
    );
  },
);

it.each(['shop', 'hotel'])(
  'the templates of %s that come with culprit have no mistake',
  async (application) => {
    const templates = join(scenarios, application, 'templates');
    for (const name of readdirSync(templates)) {
      const checked = await checkTemplate(join(templates, name));
      expect(renderDiagnostics(checked.diagnostics, templates), name).toBe('');
    }
  },
);
