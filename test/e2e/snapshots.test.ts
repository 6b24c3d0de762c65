import { readdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import { expect, test } from 'vitest';
import { lintBundles } from '../../src/gate/lint/lint-bundles.ts';
import { verifyBundle } from '../../src/snapshot/verify-bundle.ts';
import { culprit } from '../cli/culprit.ts';

const snapshots = join(import.meta.dirname, '..', '..', 'snapshots');
const bundles = readdirSync(snapshots)
  .filter((name) => !name.includes('.'))
  .map((name) => join(snapshots, name));

/** One a fault, two causes, a control, both applications; `culprit regenerate` builds all of them, in minutes. */
const sample = [
  'c3c86p8d1r',
  'gw5hk57rr1',
  'jkvjt8zy4t',
  'mjbq3q0zsr',
  'npj91ada75',
  'cza8z7he88',
  ...bundles.map((path) => basename(path)),
];

test('tasks of the lock file are built again with the same bytes, and so are the bundles that are kept', async () => {
  const { code, stdout } = await culprit([
    'regenerate',
    ...sample,
    '--dir',
    snapshots,
    '--jobs',
    '2',
    '--json',
    '--quiet',
  ]);
  const rows = JSON.parse(stdout) as { same: boolean; bundle: string }[];
  expect(rows.filter((row) => !row.same)).toEqual([]);
  expect([code, rows.length, rows.filter((row) => row.bundle === 'same bytes').length]).toEqual([
    0,
    sample.length,
    bundles.length,
  ]);
});

test('the bundles that are kept verify and leak nothing', async () => {
  for (const bundle of bundles) expect((await verifyBundle(bundle)).findings, bundle).toEqual([]);
  expect((await lintBundles(bundles)).flatMap(({ findings }) => findings)).toEqual([]);
});
