import { execFileSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';

const root = join(import.meta.dirname, '..', '..');

test('the demo builds four tasks, scores the reference agents and writes a page per task', () => {
  const output = execFileSync(process.execPath, [join(root, 'scripts', 'demo.ts')], {
    cwd: root,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  expect(output.match(/ built /g)).toHaveLength(4);
  expect(output).toMatch(/score \(tasks with causes\) +1\.000 +0\.000/);
  expect(
    readdirSync(join(root, 'out', 'demo', 'pages')).filter((file) => file.endsWith('.html')),
  ).toHaveLength(4);
});
