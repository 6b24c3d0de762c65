import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { lintBundles } from '../../src/gate/lint/lint-bundles.ts';
import { verifyBundle } from '../../src/snapshot/verify-bundle.ts';
import { culprit } from '../cli/culprit.ts';

const snapshots = join(import.meta.dirname, '..', '..', 'snapshots');
const bundles = readdirSync(snapshots)
  .filter((name) => !name.includes('.'))
  .map((name) => join(snapshots, name));

test('every task of the lock file is built again with the same bytes, and so are the bundles that are kept', async () => {
  const { code, stdout } = await culprit([
    'regenerate',
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
    11,
    bundles.length,
  ]);
});

test('the bundles that are kept verify and leak nothing', async () => {
  for (const bundle of bundles) expect((await verifyBundle(bundle)).findings, bundle).toEqual([]);
  expect((await lintBundles(bundles)).flatMap(({ findings }) => findings)).toEqual([]);
});
