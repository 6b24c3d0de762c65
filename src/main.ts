import { whenUnread } from './base/unread.ts';
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
  // without readers of the output there is nothing left to do but to end in order: no cluster is left as it is
  let isUnread = false;
  whenUnread(process.stdout, () => {
    isUnread = true;
    controller.abort();
  });
  whenUnread(process.stderr);

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
