import { execFile } from 'node:child_process';
import { mkdir, readdir, readFile, rmdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { ownedName, sweepOrphans } from '../orphans.ts';
import type { SandboxLimits } from '../sandbox.ts';

/** Kernel-enforced limits on memory, processes and CPU for all commands of a session together. */
export interface ControlGroup {
  /** A process that writes its id into each of these belongs to the group. */
  readonly joinFiles: readonly string[];
  /** How often the kernel has killed a process of the group for lack of memory. */
  outOfMemoryKills(): Promise<number>;
  /** To be called when nothing runs in it any more. */
  remove(): Promise<void>;
}

/** The files that say where this process stands. */
export interface Whereabouts {
  /** `/proc/self/cgroup` */
  readonly cgroup: string;
  /** `/proc/self/mounts` */
  readonly mounts: string;
}

/** Makes a control group, version 2 or 1; undefined where this user may not. */
export async function createControlGroup(
  limits: Required<SandboxLimits>,
  whereabouts?: Whereabouts,
): Promise<ControlGroup | undefined> {
  const { cgroup, mounts: table } = whereabouts ?? {
    cgroup: await readFile('/proc/self/cgroup', 'utf8').catch(() => ''),
    mounts: await readFile('/proc/self/mounts', 'utf8').catch(() => ''),
  };
  const own = cgroup.trim().split('\n');
  const mounts = table.split('\n').map((line) => line.split(' '));
  const group = (await unified(own, mounts, limits)) ?? (await legacy(own, mounts, limits));
  if (!group || (await canBeJoined(group))) return group;
  await group.remove();
  return undefined;
}

/** A folder may be ours to make, and still not ours to move a process to. */
async function canBeJoined({ joinFiles }: ControlGroup): Promise<boolean> {
  const script = 'for file; do echo $$ > "$file" || exit 1; done';
  return promisify(execFile)('/bin/sh', ['-c', script, 'sh', ...joinFiles]).then(
    () => true,
    () => false,
  );
}

async function unified(
  own: readonly string[],
  mounts: readonly string[][],
  limits: Required<SandboxLimits>,
): Promise<ControlGroup | undefined> {
  const mount = mounts.find(([, , type]) => type === 'cgroup2')?.[1];
  const path = own.find((line) => line.startsWith('0::'))?.slice(3);
  if (mount === undefined || path === undefined) return undefined;
  // a group with processes of its own cannot hand limits down: take the nearest ancestor that does
  for (let parent = join(mount, path); parent.startsWith(mount); parent = dirname(parent)) {
    const handedDown = (await readFile(join(parent, 'cgroup.subtree_control'), 'utf8').catch(() => ''))
      .trim()
      .split(' ');
    if (!['memory', 'pids'].every((controller) => handedDown.includes(controller))) continue;
    await sweepOrphans(parent, rmdir);
    const group = join(parent, ownedName());
    try {
      await mkdir(group);
    } catch {
      continue;
    }
    try {
      await writeFile(join(group, 'memory.max'), String(limits.memoryBytes));
      await writeFile(join(group, 'memory.swap.max'), '0').catch(() => undefined);
      await writeFile(join(group, 'pids.max'), String(limits.processes));
      if (handedDown.includes('cpu'))
        await writeFile(join(group, 'cpu.max'), `${Math.round(limits.cpus * 100_000)} 100000`);
      return {
        joinFiles: [join(group, 'cgroup.procs')],
        outOfMemoryKills: () => counter(join(group, 'memory.events')),
        remove: () => remove([group]),
      };
    } catch {
      await remove([group]);
    }
  }
  return undefined;
}

async function legacy(
  own: readonly string[],
  mounts: readonly string[][],
  limits: Required<SandboxLimits>,
): Promise<ControlGroup | undefined> {
  const name = ownedName();
  const made: string[] = [];
  const make = async (controller: string): Promise<string> => {
    const mount = mounts.find(
      ([, , type, options]) => type === 'cgroup' && options?.split(',').includes(controller),
    );
    const path = own.find((line) => line.split(':')[1]?.split(',').includes(controller))?.split(':')[2];
    if (mount?.[1] === undefined || path === undefined) throw new Error(`no controller ${controller}`);
    // inside a container the path is the host's and the mount already shows our own group
    const parent = (await exists(join(mount[1], path))) ? join(mount[1], path) : mount[1];
    await sweepOrphans(parent, rmdir);
    await mkdir(join(parent, name));
    made.push(join(parent, name));
    return join(parent, name);
  };
  try {
    const memory = await make('memory');
    await writeFile(join(memory, 'memory.limit_in_bytes'), String(limits.memoryBytes));
    await writeFile(join(memory, 'memory.memsw.limit_in_bytes'), String(limits.memoryBytes)).catch(
      () => undefined,
    );
    const pids = await make('pids');
    await writeFile(join(pids, 'pids.max'), String(limits.processes));
    const cpu = await make('cpu').catch(() => undefined);
    if (cpu !== undefined)
      await writeFile(join(cpu, 'cpu.cfs_quota_us'), String(Math.round(limits.cpus * 100_000)));
    return {
      joinFiles: made.map((group) => join(group, 'cgroup.procs')),
      outOfMemoryKills: () => counter(join(memory, 'memory.oom_control')),
      remove: () => remove(made),
    };
  } catch {
    await remove(made);
    return undefined;
  }
}

async function counter(file: string): Promise<number> {
  const text = await readFile(file, 'utf8').catch(() => '');
  return Number(/^oom_kill (\d+)$/m.exec(text)?.[1] ?? 0);
}

async function remove(groups: readonly string[]): Promise<void> {
  // the kernel needs a moment after the last process
  for (const group of groups)
    for (let attempt = 0; attempt < 50; attempt++)
      try {
        await rmdir(group);
        break;
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'EBUSY') break;
        await sleep(20);
      }
}

async function exists(path: string): Promise<boolean> {
  return readdir(path).then(
    () => true,
    () => false,
  );
}
