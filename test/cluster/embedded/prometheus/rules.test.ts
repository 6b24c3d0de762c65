import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { checkRules } from '../../../../src/cluster/embedded/prometheus/rules/rule-file.ts';
import { hasPrometheus } from './real-prometheus.ts';
import { rulesText } from './rule-cases.ts';
import { hopelessFiles, invalidFiles, validFiles } from './rule-files.ts';
import { ourUnitTest, unitTestFile } from './rule-run.ts';

const isInstalled = hasPrometheus();
const skipped = isInstalled ? '' : ' (skipped: promtool is not installed)';

test('alerts, annotations, recorded and stale series are those that promtool confirmed', () => {
  const recorded: unknown = JSON.parse(readFileSync(unitTestFile, 'utf8'));
  expect(
    JSON.parse(JSON.stringify(ourUnitTest('rules.yaml'))),
    'record again: node test/cluster/embedded/prometheus/record.ts',
  ).toEqual(recorded);
});

test.skipIf(!isInstalled)(`promtool's unit tests pass with what our rules did${skipped}`, () => {
  inFolder((folder) => {
    writeFileSync(join(folder, 'rules.yaml'), rulesText);
    writeFileSync(join(folder, 'test.yaml'), JSON.stringify(ourUnitTest('rules.yaml')));
    const run = spawnSync('promtool', ['test', 'rules', join(folder, 'test.yaml')], { encoding: 'utf8' });
    expect(run.status, (run.stdout + run.stderr).slice(0, 2000)).toBe(0);
  });
});

test('rule files are accepted or refused, with a place', () => {
  for (const text of validFiles) expect(checkRules(text), text).toEqual([]);
  for (const text of [...invalidFiles, ...hopelessFiles]) {
    const problems = checkRules(text);
    expect(problems.length, text).toBeGreaterThan(0);
    for (const { line, column } of problems) expect(line >= 1 && column >= 1, text).toBe(true);
  }
});

test('all mistakes of a file are told at once', () => {
  const text = `groups:
  - name: g
    rules:
      - alert: A
        expr: rate(up)
        for: soon
      - record: b c
        expr: up
        annotatons: {}
`;
  expect(checkRules(text)).toEqual([
    { line: 5, column: 15, message: expect.stringContaining('1:6: parse error: expected type range vector') },
    { line: 6, column: 14, message: 'not a valid duration string: "soon"' },
    { line: 7, column: 17, message: 'invalid recording rule name: b c' },
    { line: 9, column: 9, message: 'field annotatons not found in a rule' },
  ]);
});

test.skipIf(!isInstalled)(`promtool accepts and refuses the same rule files${skipped}`, () => {
  inFolder((folder) => {
    const files = [...validFiles, ...hopelessFiles, ...invalidFiles].map((text, i) => {
      const file = join(folder, `rules-${String(i).padStart(2, '0')}.yaml`);
      writeFileSync(file, text);
      return file;
    });
    const { stdout } = spawnSync('promtool', ['check', 'rules', ...files], { encoding: 'utf8' });
    const verdicts = stdout
      .split('Checking ')
      .slice(1)
      .map((part) => part.includes('SUCCESS'));
    const accepted = validFiles.length + hopelessFiles.length;
    expect(verdicts).toEqual(files.map((_, i) => i < accepted));
  });
});

function inFolder(work: (folder: string) => void): void {
  const folder = mkdtempSync(join(tmpdir(), 'rules-comparison-'));
  try {
    work(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
