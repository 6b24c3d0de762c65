import { run } from './cli/main.ts';

/** The process around `run`: real streams, signals, and the exit code. The first Ctrl-C asks to stop, the second ends. */
export async function main(): Promise<void> {
  const controller = new AbortController();
  let interruptedCode: number | undefined;
  const stop = (code: number) => () => {
    if (interruptedCode !== undefined) process.exit(code);
    interruptedCode = code;
    controller.abort();
  };
  process.on('SIGINT', stop(130));
  process.on('SIGTERM', stop(143));
  // `culprit … | head`: nobody reads any more, which is no error
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit(0);
    throw error;
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
  process.exit(interruptedCode ?? code);
}
