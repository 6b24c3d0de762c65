import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { leftoverRuns } from '../../scripts/kind-leftovers.ts';

test('only runs of test:kind whose process is no more are leftovers', () => {
  const temporary = mkdtempSync(join(tmpdir(), 'leftovers-'));
  const run = (folder: string, profile: string) => {
    mkdirSync(join(temporary, folder, 'clusters'), { recursive: true });
    writeFileSync(join(temporary, folder, 'clusters', profile), '');
    return join(temporary, folder);
  };
  const gone = run('kind-run-a', 'kind-test-41.yaml');
  run('kind-run-b', 'kind-test-42.yaml');
  run('kind-run-c', 'kind-prod.yaml');
  run('build-d', 'kind-test-43.yaml');
  mkdirSync(join(temporary, 'kind-run-e'));
  expect(leftoverRuns(temporary, (pid) => pid === 42)).toEqual([{ folder: gone, pid: 41 }]);
  // a process that is there, but something else by now
  const reused = run('kind-run-f', `kind-test-${process.pid}.yaml`);
  expect(leftoverRuns(temporary)).toContainEqual({ folder: reused, pid: process.pid });
});
