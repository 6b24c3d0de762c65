/** The programs that `npm run test:kind` runs: shows what they print, and keeps the end of what a failed one printed. */
import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';

/** What it started may hold its streams open; nobody waits for that. */
const afterExitMs = 2000;
/** As much as tells why: vitest lists failures at its end, `build` ends with its table. */
const linesKept = 80;

export interface Failure {
  readonly command: string;
  readonly code: number;
  /** The last lines of both its streams, as they came. */
  readonly lines: readonly string[];
}

export interface ChildOptions {
  readonly cwd: string;
  readonly env: NodeJS.ProcessEnv;
  /** Ends it early. It leads a process group of its own: Ctrl-C in the terminal does not reach it. */
  readonly end: (pid: number) => void;
}

export class Children {
  readonly failures: Failure[] = [];
  readonly #running = new Set<() => void>();

  /** Runs Node with these arguments and answers its exit code; 1 where a signal ended it. */
  run(args: readonly string[], { cwd, env, end }: ChildOptions): Promise<number> {
    return new Promise((resolve, reject) => {
      const child = spawn(process.execPath, [...args], {
        cwd,
        env,
        stdio: ['ignore', 'pipe', 'pipe'],
        detached: true,
      });
      const lines: string[] = [];
      keepLines(child.stdout, process.stdout, lines);
      keepLines(child.stderr, process.stderr, lines);
      const stop = () => {
        if (child.pid !== undefined && child.exitCode === null) end(child.pid);
      };
      this.#running.add(stop);
      child.on('error', reject);
      child.on('exit', () =>
        setTimeout(() => {
          child.stdout.destroy();
          child.stderr.destroy();
        }, afterExitMs).unref(),
      );
      child.on('close', (exitCode) => {
        this.#running.delete(stop);
        const code = exitCode ?? 1;
        if (code !== 0) this.failures.push({ command: args.join(' '), code, lines });
        resolve(code);
      });
    });
  }

  /** Ends what runs. */
  stop(): void {
    for (const stop of this.#running) stop();
  }
}

function keepLines(
  from: NonNullable<ChildProcess['stdout']>,
  to: NodeJS.WritableStream,
  lines: string[],
): void {
  createInterface({ input: from }).on('line', (line) => {
    to.write(`${line}\n`);
    lines.push(line);
    if (lines.length > linesKept) lines.shift();
  });
}
