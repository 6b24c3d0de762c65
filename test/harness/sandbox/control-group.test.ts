import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { createControlGroup } from '../../../src/harness/sandbox/bubblewrap/control-group.ts';

/** The files of cgroup v2 as plain files: this shows which group is chosen and what is written, not what the kernel does. */
let mount: string;
beforeEach(async () => {
  mount = await mkdtemp(join(tmpdir(), 'cgroup-'));
});
afterEach(() => rm(mount, { recursive: true, force: true }));

const limits = { memoryBytes: 1_000_000, cpus: 1.5, processes: 7, diskBytes: 1 };
const whereabouts = () => ({
  cgroup: '0::/user.slice/user-1000.slice/app.slice/terminal.scope\n',
  mounts: `proc /proc proc rw 0 0\ncgroup2 ${mount} cgroup2 rw 0 0\n`,
});
async function handDown(path: string, controllers: string): Promise<void> {
  await mkdir(join(mount, path), { recursive: true });
  await writeFile(join(mount, path, 'cgroup.subtree_control'), controllers);
}

it('makes a group below the nearest ancestor that hands limits down', async () => {
  await handDown('user.slice/user-1000.slice/app.slice/terminal.scope', '');
  await handDown('user.slice/user-1000.slice/app.slice', 'cpu memory pids');
  await handDown('', 'cpu io memory pids');
  const group = await createControlGroup(limits, whereabouts());
  const [file = ''] = group?.joinFiles ?? [];
  expect(dirname(dirname(file))).toBe(join(mount, 'user.slice/user-1000.slice/app.slice'));
  const read = (name: string) => readFile(join(dirname(file), name), 'utf8');
  expect(await Promise.all(['memory.max', 'memory.swap.max', 'pids.max', 'cpu.max'].map(read))).toEqual([
    '1000000',
    '0',
    '7',
    '150000 100000',
  ]);
  await writeFile(join(dirname(file), 'memory.events'), 'low 0\noom 3\noom_kill 2\noom_group_kill 0\n');
  expect(await group?.outOfMemoryKills()).toBe(2);
});

it('goes without where nothing is handed down', async () => {
  await handDown('user.slice/user-1000.slice/app.slice', 'cpu');
  expect(await createControlGroup(limits, whereabouts())).toBeUndefined();
});
