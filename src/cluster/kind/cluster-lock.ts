import { mkdir, open, readFile, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { OperationError } from '../../base/errors.ts';
import { isAliveProcess } from '../../base/is-alive-process.ts';

/**
 * Keeps other processes from changing a cluster while we do; a worker of the process that holds it may. The lock of a
 * process that is gone does not count. OperationError `cluster-busy` names the holder.
 */
export async function lockCluster(path: string, name: string): Promise<AsyncDisposable> {
  await mkdir(dirname(path), { recursive: true });
  for (let attempt = 0; ; attempt++) {
    try {
      const file = await open(path, 'wx');
      await file.writeFile(String(process.pid));
      await file.close();
      return { [Symbol.asyncDispose]: () => rm(path, { force: true }) };
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
    const holder = Number(await readFile(path, 'utf8').catch(() => '0'));
    if (holder === process.pid || holder === process.ppid)
      return { [Symbol.asyncDispose]: async () => undefined };
    // an empty file: its holder is just about to write its name, or died there
    if (attempt > 20 || (holder > 0 && isAliveProcess(holder)))
      throw new OperationError('cluster-busy', `process ${holder} is working with the cluster "${name}"`, {
        hint: `wait until it has finished; if it is not culprit any more, delete ${path}`,
        isRetryable: true,
      });
    if (holder > 0) await rm(path, { force: true });
    else await new Promise((done) => setTimeout(done, 50));
    if (attempt === 20) await rm(path, { force: true });
  }
}
