import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { formatDiagnostic } from '../../src/base/diagnostics.ts';
import { requireValid } from '../../src/spec/diagnostics-error.ts';
import { loadPanel } from '../../src/spec/load-panel.ts';
import { loadSuite } from '../../src/spec/load-suite.ts';
import { memberName } from '../../src/spec/panel.ts';
import { temporaryFolder } from '../helpers/small-scenario.ts';

const root = join(import.meta.dirname, '..', '..');

it('the example panel is valid', async () => {
  const { value } = requireValid(await loadPanel(join(root, 'docs', 'panel.example.yaml')));
  expect(value.members.map(memberName)).toContain('ensemble');
});

it('every mistake in a panel is reported with line and column', async () => {
  await using folder = await temporaryFolder();
  const path = join(folder.path, 'panel.yaml');
  const mistakes = async (text: string) => {
    writeFileSync(path, text);
    return (await loadPanel(path)).diagnostics.map((one) =>
      formatDiagnostic(one).replace(`${folder.path}/`, ''),
    );
  };
  const head = 'apiVersion: culprit.dev/v1\nkind: Panel\nmetadata: { name: p, summary: s }\n';
  expect(
    await mistakes(`${head}repeats: { least: 3, most: 2 }
limits: { time: 0s }
members:
  - { agent: ensemble }
  - { agent: ensemble }
`),
  ).toEqual([
    expect.stringMatching(/^panel\.yaml:4:28 PAN002 at most 2 rounds, but at least 3/),
    expect.stringMatching(/^panel\.yaml:5:17 PAN003 /),
    expect.stringMatching(/^panel\.yaml:8:5 PAN001 two members are called "ensemble"/),
  ]);
  expect(
    await mistakes(
      `${head}repeats: { least: 1, most: 2 }\nmembers:\n  - { model: gpt, prize: { input: 1, output: 1 } }\n`,
    ),
  ).toEqual([
    expect.stringMatching(/^panel\.yaml:6:14 SCH005 /),
    expect.stringMatching(/^panel\.yaml:6:19 SCH001 unknown field "prize" — did you mean "price"\?/),
  ]);
});

it('bands of a suite have to rise, and dropped tasks need reason and day', async () => {
  await using folder = await temporaryFolder();
  const path = join(folder.path, 'suite.yaml');
  writeFileSync(join(folder.path, 'a.yaml'), '');
  const head =
    'apiVersion: culprit.dev/v1\nkind: Suite\nmetadata: { name: s, summary: s, version: 1 }\nscenarios: [a.yaml]\n';
  const codes = async (text: string) => {
    writeFileSync(path, head + text);
    return (await loadSuite(path)).diagnostics.map(({ code, location }) => `${location.line} ${code}`);
  };
  expect(await codes('difficulty:\n  bands: { hard: 0.2, medium: 0.1, easy: 0.7, trivial: 0.9 }\n')).toEqual([
    '6 SUI003',
  ]);
  expect(await codes('dropped:\n  - { task: x, reason: y, date: soon, becauseOfPanel: true }\n')).toEqual([
    '6 SCH005',
  ]);
  expect(
    await codes('dropped:\n  - { task: x, reason: y, date: 2026-11-23, becauseOfPanel: true }\n'),
  ).toEqual([]);
});
