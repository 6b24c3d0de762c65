import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import { expect, it } from 'vitest';
import { suiteCanaryOf } from '../../src/snapshot/canary.ts';
import { scanForCanaries } from '../../src/snapshot/canary-scan.ts';
import { canaryOf } from '../../src/snapshot/task-identity.ts';
import { temporaryFolder } from '../helpers/small-scenario.ts';

const canary = canaryOf('00112233445566778899aabbccddeeff');
const suite = suiteCanaryOf([canary, canaryOf('x')]);
const known = new Map([
  [canary, 'task-a'],
  [suite, 'suite'],
]);
const signal = new AbortController().signal;

it('finds canaries in every form they may have, at any place', async () => {
  await using folder = await temporaryFolder();
  const corpus = join(folder.path, 'corpus');
  await mkdir(join(corpus, 'deep'), { recursive: true });
  const put = (name: string, content: string | Buffer) => writeFile(join(corpus, name), content);
  await put('plain.txt', `a\nb ${canary} c\n`);
  await put('upper.txt', canary.toUpperCase());
  await put('bare.jsonl', `{"id":"${canary.replaceAll('-', '')}"}`);
  await put('deep/two.txt', `${suite}\n\n${canary}`);
  await put('corpus.gz', gzipSync(`x\n${canary}`));
  await put('corpus.zst', zstdCompressSync(`\n\n\n${canary}`));
  await put('binary.bin', Buffer.concat([Buffer.from([0, 255, 254]), Buffer.from(canary)]));
  await put('none.txt', `${canaryOf('another')} ${canary.slice(0, -1)} 0${canary}`);
  // across the border of what is read at a time, wherever it falls
  for (const before of [0, 1, 17, 35, 36, 37])
    await put(
      `border-${before}.txt`,
      `${'x'.repeat(256 * 1024 - before - 1)}\n${canary}\n${'y'.repeat(90_000)}`,
    );
  const { findings, unread } = await scanForCanaries(corpus, known, signal);
  expect(unread).toEqual([]);
  expect(findings.map(({ file, line, owner }) => [file.slice(corpus.length + 1), line, owner])).toEqual([
    ['bare.jsonl', 1, 'task-a'],
    ['binary.bin', 1, 'task-a'],
    ...[0, 1, 17, 35, 36, 37].map((before) => [`border-${before}.txt`, 2, 'task-a']),
    ['corpus.gz', 2, 'task-a'],
    ['corpus.zst', 4, 'task-a'],
    ['deep/two.txt', 1, 'suite'],
    ['deep/two.txt', 3, 'task-a'],
    ['plain.txt', 2, 'task-a'],
    ['upper.txt', 1, 'task-a'],
  ]);
});

it('tells what it could not read', async () => {
  await using folder = await temporaryFolder();
  const broken = join(folder.path, 'broken.gz');
  await writeFile(broken, gzipSync('x'.repeat(1000)).subarray(0, 20));
  expect(await scanForCanaries(folder.path, known, signal)).toMatchObject({
    findings: [],
    unread: [{ file: broken }],
  });
  await expect(scanForCanaries(join(folder.path, 'none'), known, signal)).rejects.toMatchObject({
    code: 'no-such-path',
  });
});
