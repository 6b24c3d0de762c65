import { expect, test } from 'vitest';
import { Children } from '../../scripts/children.ts';

const options = { cwd: import.meta.dirname, env: process.env, end: (pid: number) => process.kill(pid) };

test('the end of what a failed program printed is kept, and nothing of one that did its work', async () => {
  const children = new Children();
  expect(await children.run(['-e', 'console.log("fine")'], options)).toBe(0);
  const script = 'for (let i = 1; i <= 100; i++) console.log("line", i); process.exitCode = 3;';
  expect(await children.run(['-e', script], options)).toBe(3);
  expect(children.failures).toEqual([
    { command: `-e ${script}`, code: 3, lines: Array.from({ length: 80 }, (_, i) => `line ${i + 21}`) },
  ]);
});

test('what a program started and left does not hold it up', async () => {
  const left = `require('node:child_process').spawn('sleep', ['60'], { stdio: 'inherit', detached: true }).unref();`;
  expect(await new Children().run(['-e', left], options)).toBe(0);
});

test('a program that is told to end has failed', async () => {
  const children = new Children();
  const running = children.run(['-e', 'setInterval(() => {}, 1000)'], options);
  children.stop();
  expect(await running).toBe(1);
});
