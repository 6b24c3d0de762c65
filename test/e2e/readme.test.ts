import { execFileSync } from 'node:child_process';
import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { temporaryFolder } from '../helpers/small-scenario.ts';

const root = join(import.meta.dirname, '..', '..');
const readme = readFileSync(join(root, 'README.md'), 'utf8');
const commands = [...readme.matchAll(/```sh\n(.*?)```/gs)].flatMap(([, block]) => block!.trim().split('\n'));

let state: Awaited<ReturnType<typeof temporaryFolder>>;
beforeAll(async () => {
  state = await temporaryFolder();
  rmSync(join(root, 'out', 'tour'), { recursive: true, force: true });
});
afterAll(async () => {
  rmSync(join(root, 'out', 'tour'), { recursive: true, force: true });
  await state[Symbol.asyncDispose]();
});

// in the order of the page: later commands use what earlier ones made
test.each(commands)('%s', (command) => {
  const [npx, culprit, ...args] = command.split(' ');
  expect([npx, culprit]).toEqual(['npx', 'culprit']);
  const { XDG_STATE_HOME: _, KUBECONFIG: __, ...env } = process.env;
  execFileSync(process.execPath, [join(root, 'bin', 'culprit.js'), ...args], {
    cwd: root,
    env: { ...env, XDG_STATE_HOME: state.path, HOME: state.path },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
});

test('every file the page points to is there', () => {
  for (const [, path] of readme.matchAll(/\]\(([^)#]+)\)/g))
    expect(() => readFileSync(join(root, path!)), path).not.toThrow(/ENOENT/);
});
