import { readFile } from 'node:fs/promises';

const intervalMs = 100;

/**
 * Adds up the memory of a process and all its descendants ten times a second, where no control group can be made.
 * Calls `onExceeded` once when it is more than `limitBytes`. The answer stops the watch.
 */
export function watchMemory(pid: number, limitBytes: number, onExceeded: () => void): () => void {
  let stopped = false;
  let timer: NodeJS.Timeout | undefined;
  const look = async (): Promise<void> => {
    const bytes = await memoryOf(pid);
    if (stopped) return;
    if (bytes > limitBytes) {
      stopped = true;
      onExceeded();
    } else timer = setTimeout(look, intervalMs);
  };
  timer = setTimeout(look, intervalMs);
  return () => {
    stopped = true;
    clearTimeout(timer);
  };
}

/** Bytes of memory that belong to the process tree alone: anonymous and shared, not mapped files. */
async function memoryOf(pid: number): Promise<number> {
  const [status, children] = await Promise.all([
    readFile(`/proc/${pid}/status`, 'utf8').catch(() => ''),
    readFile(`/proc/${pid}/task/${pid}/children`, 'utf8').catch(() => ''),
  ]);
  let bytes = 0;
  for (const match of status.matchAll(/^Rss(?:Anon|Shmem):\s+(\d+) kB$/gm)) bytes += Number(match[1]) * 1024;
  for (const child of children.trim().split(' ')) if (child !== '') bytes += await memoryOf(Number(child));
  return bytes;
}
