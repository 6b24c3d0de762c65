import { readFileSync } from 'node:fs';
import { link, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { OperationError } from '../base/errors.ts';
import { isAliveProcess } from '../base/is-alive-process.ts';

/** Held while a process injects or recovers; given back by `release`, and void when its process is gone. */
export interface InjectionLock {
  release(): Promise<void>;
}

let locks = 0;

/**
 * Takes the lock of a journal. A lock whose process no longer runs (killed; the number may belong to another process by
 * now, hence the start time) is taken over. Throws `injection-running` while its holder lives.
 */
export async function lockInjection(path: string): Promise<InjectionLock> {
  await mkdir(dirname(path), { recursive: true });
  const own = `${JSON.stringify({ pid: process.pid, started: startTimeOf(process.pid), number: ++locks })}\n`;
  const draft = `${path}.${process.pid}.${locks}`;
  await writeFile(draft, own, { mode: 0o600 });
  try {
    for (let attempt = 0; attempt < 5; attempt++) {
      try {
        await link(draft, path);
        return { release: () => release(path, own) };
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
      }
      await removeIfStale(path);
    }
  } finally {
    await rm(draft, { force: true });
  }
  throw new OperationError('injection-running', `the lock ${path} changes hands all the time`, {
    isRetryable: true,
  });
}

async function removeIfStale(path: string): Promise<void> {
  const text = await readFile(path, 'utf8').catch(() => undefined);
  if (text === undefined) return;
  const pid = livingHolder(text);
  if (pid !== undefined)
    throw new OperationError('injection-running', `process ${pid} is changing this cluster now`, {
      hint: 'wait until it has finished, or end it and run `culprit recover`',
      details: { lock: path, pid },
    });
  // somebody else may take over at the same moment: what was moved away must be what was judged
  const aside = `${path}.stale.${process.pid}.${locks}`;
  try {
    await rename(path, aside);
    if ((await readFile(aside, 'utf8')) !== text) await link(aside, path).catch(() => undefined);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  } finally {
    await rm(aside, { force: true });
  }
}

async function release(path: string, own: string): Promise<void> {
  const text = await readFile(path, 'utf8').catch(() => undefined);
  if (text === own) await rm(path, { force: true });
}

function livingHolder(text: string): number | undefined {
  let holder: { pid?: unknown; started?: unknown };
  try {
    holder = JSON.parse(text) as typeof holder;
  } catch {
    return undefined;
  }
  if (typeof holder.pid !== 'number') return undefined;
  if (!isAliveProcess(holder.pid)) return undefined;
  return startTimeOf(holder.pid) === holder.started ? holder.pid : undefined;
}

/** Start of a process in clock ticks since boot, where the system tells; -1 elsewhere or if it is gone or a zombie. */
function startTimeOf(pid: number): number {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // the command name is in parentheses and may hold spaces
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
    return fields[0] === 'Z' || fields[0] === 'X' ? -2 : Number(fields[19]);
  } catch {
    return -1;
  }
}
