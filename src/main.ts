import { run } from './cli/main.ts';
import { renderError } from './cli/render-error.ts';

/** Signals this close together are one: a process group's and the one that a parent passed on. */
const sameSignalMs = 300;

/** The process around `run`: real streams, signals, and the exit code. The first Ctrl-C asks to stop, the second ends. */
export async function main(): Promise<void> {
  const controller = new AbortController();
  let interruptedCode: number | undefined;
  let interruptedMs = 0;
  const stop = (code: number) => () => {
    if (interruptedCode !== undefined && performance.now() - interruptedMs > sameSignalMs) process.exit(code);
    interruptedCode ??= code;
    interruptedMs = performance.now();
    controller.abort();
  };
  process.on('SIGINT', stop(130));
  process.on('SIGTERM', stop(143));
  process.on('uncaughtException', (error) => {
    const options = { json: process.argv.includes('--json'), verbose: true };
    process.exit(renderError(error, { stderr: process.stderr, cwd: process.cwd() }, options));
  });
  // nobody reads any more (`culprit … | head`, `tee` that took the same Ctrl-C), which is no error, and no reason to leave
  // a cluster as it is: without readers of the output there is nothing left to do but to end in order
  let isUnread = false;
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
    isUnread = true;
    controller.abort();
  });
  process.stderr.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
  });

  const code = await run(process.argv.slice(2), {
    stdin: process.stdin,
    stdout: process.stdout,
    stderr: process.stderr,
    cwd: process.cwd(),
    env: process.env,
    signal: controller.signal,
  });
  await new Promise<void>((resolve) => process.stdout.write('', () => resolve()));
  await new Promise<void>((resolve) => process.stderr.write('', () => resolve()));
  process.exit(interruptedCode ?? (isUnread && code === 130 ? 0 : code));
}
