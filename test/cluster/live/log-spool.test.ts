import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { LogSpool } from '../../../src/cluster/live/log-spool.ts';

let folder: string;
let spool: LogSpool;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'log-spool-test-'));
  spool = await LogSpool.open(join(folder, 'logs'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const stamp = (second: number) => `2026-01-01T00:00:0${second}.000000001Z`;
const startMs = Date.UTC(2026, 0, 1);

async function write(pod: string, second: number): Promise<void> {
  const container = { namespace: 'shop', pod, uid: `u-${pod}`, container: 'app' };
  await spool.append(container, `${stamp(second)} second ${second}`, stamp(second));
}

test('only containers with lines in the window are told, with those lines', async () => {
  await write('late', 8);
  await write('cart', 1);
  await write('cart', 2);
  await write('cart', 3);
  const told: string[] = [];
  for (const { pod, lines } of await spool.between(startMs + 2000, startMs + 3000))
    for await (const { text, timeMs } of lines) told.push(`${pod} ${text} ${timeMs - startMs}`);
  expect(told).toEqual(['cart second 2 2000']);
});

test('a folder that is gone is an error that says so, and stays one', async () => {
  await rm(folder, { recursive: true });
  await write('cart', 1);
  const failed = { code: 'spool-failed', message: expect.stringContaining(join(folder, 'logs')) };
  await expect(spool.flush()).rejects.toMatchObject(failed);
  await expect(write('cart', 2)).rejects.toMatchObject(failed);
  expect(spool.failure).toMatchObject(failed);
});
