import { fork } from 'node:child_process';
import { mkdirSync, openSync, readFileSync } from 'node:fs';
import { dirname, extname } from 'node:path';
import { OperationError } from '../../base/errors.ts';
import { clusterFiles } from '../cluster-state.ts';
import type { ClusterProcessMessage, ClusterProcessRequest } from './cluster-process.ts';

/** Starts the process that keeps an embedded cluster running and returns when it serves. It outlives this one. */
export async function startClusterProcess(
  request: ClusterProcessRequest,
  onStep: (text: string) => void,
  signal: AbortSignal,
): Promise<void> {
  const { log } = clusterFiles(request.folder, request.name);
  mkdirSync(dirname(log), { recursive: true });
  const output = openSync(log, 'w');
  const module = new URL(`./cluster-process${extname(import.meta.filename)}`, import.meta.url);
  const child = fork(module, [], { detached: true, stdio: ['ignore', output, output, 'ipc'] });
  const abort = () => child.kill('SIGKILL');
  signal.addEventListener('abort', abort, { once: true });
  try {
    await new Promise<void>((resolve, reject) => {
      const failed = (message: string) =>
        reject(
          new OperationError('cluster-start', `the cluster did not start: ${message}`, {
            details: { output: readFileSync(log, 'utf8').slice(-4000) },
          }),
        );
      child.on('message', (message: ClusterProcessMessage) => {
        if (message.type === 'step') onStep(message.text);
        else if (message.type === 'ready') resolve();
        else failed(message.message);
      });
      child.on('exit', (code, killedBy) =>
        signal.aborted
          ? reject(signal.reason as Error)
          : failed(`its process ended (${killedBy ?? `exit code ${code}`})`),
      );
      child.send(request);
    });
  } finally {
    signal.removeEventListener('abort', abort);
    child.unref();
    if (child.connected) child.disconnect();
  }
}
