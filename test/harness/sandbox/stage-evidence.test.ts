import {
  chmod,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rm,
  stat,
  symlink,
  utimes,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { UserError } from '../../../src/base/errors.ts';
import { ownedName, sweepOrphans } from '../../../src/harness/sandbox/orphans.ts';
import { stageEvidence } from '../../../src/harness/sandbox/stage-evidence.ts';

let root: string;
let source: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'stage-'));
  source = join(root, 'task-with-a-telling-name', 'public');
  await mkdir(join(source, 'logs'), { recursive: true });
  await writeFile(join(source, 'README.md'), 'evidence');
  await writeFile(join(source, 'logs', 'a.log'), 'line');
  await utimes(join(source, 'README.md'), 1000, 1000);
});
afterEach(() => rm(root, { recursive: true, force: true }));

describe('staged evidence', () => {
  it('stands at a path that tells nothing, with the same bytes and times, readable by all', async () => {
    await chmod(join(source, 'logs', 'a.log'), 0o600);
    const staged = await stageEvidence(source);
    expect(staged.path).not.toContain('telling');
    expect(await readFile(join(staged.path, 'logs', 'a.log'), 'utf8')).toBe('line');
    expect((await stat(join(staged.path, 'logs', 'a.log'))).mode & 0o777).toBe(0o444);
    expect((await stat(join(staged.path, 'README.md'))).mtimeMs).toBe(1_000_000);
    expect((await stat(join(source, 'logs', 'a.log'))).mode & 0o777).toBe(0o600);
    await staged.release();
  });

  it('is shared by sessions and goes with the last one', async () => {
    const [first, second] = await Promise.all([stageEvidence(source), stageEvidence(source)]);
    expect(second.path).toBe(first.path);
    await first.release();
    await first.release();
    expect(await readdir(second.path)).toEqual(['README.md', 'logs']);
    await second.release();
    await expect(stat(second.path)).rejects.toThrow('ENOENT');
  });

  it('refuses links and what cannot be read', async () => {
    await symlink('/etc/passwd', join(source, 'logs', 'link'));
    await expect(stageEvidence(source)).rejects.toThrow(UserError);
    await rm(join(source, 'logs', 'link'));
    await (await stageEvidence(source)).release();
    await expect(stageEvidence(join(root, 'nowhere'))).rejects.toThrow(UserError);
  });
});

it('sweeps what dead processes left, and nothing else', async () => {
  const mine = ownedName();
  const dead = `s${2 ** 22 + 7}-0123456789ab`;
  for (const name of [mine, dead, 's12-notours', 'other']) await mkdir(join(root, name));
  await sweepOrphans(root, (path) => rm(path, { recursive: true }));
  expect((await readdir(root)).sort()).toEqual(
    ['other', mine, 's12-notours', 'task-with-a-telling-name'].sort(),
  );
});
