import { readdirSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { checkTemplate } from '../../../src/author/generate/check-template.ts';
import { sizeOf } from '../../../src/author/generate/choices.ts';
import { renderDiagnostics } from '../../../src/cli/render-diagnostics.ts';
import { temporaryFolder } from '../../helpers/small-scenario.ts';

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

it('the template on the page about generating has no mistake', async () => {
  const page = await readFile(join(scenarios, '..', 'docs', 'generate.md'), 'utf8');
  await using folder = await temporaryFolder();
  const path = join(folder.path, 'page.yaml');
  await writeFile(path, /```yaml\n(.*?)```/s.exec(page)?.[1] ?? '');
  const checked = await checkTemplate(path);
  expect(renderDiagnostics(checked.diagnostics, folder.path)).toBe('');
  expect(checked.ok && sizeOf(checked.value.space)).toBeGreaterThan(20);
});
