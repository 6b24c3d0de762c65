import { posix } from 'node:path';
import { systemClock } from '../../base/clock.ts';
import { BoundedOutput } from './bounded-output.ts';
import { outputQuota } from './limits.ts';
import {
  type CommandResult,
  type RunOptions,
  SandboxError,
  type SandboxSession,
  sandboxPaths,
} from './sandbox.ts';

/** A bash script to run inside, its arguments `$1`…, and where its output goes. */
export interface Launch {
  readonly script: string;
  readonly args: readonly string[];
  readonly stdin?: Uint8Array;
  readonly stdout: (chunk: Uint8Array) => void;
  readonly stderr: (chunk: Uint8Array) => void;
}

export interface Running {
  /** Settles when nothing of the command runs any more. Rejects with SandboxError if the sandbox broke. */
  readonly exit: Promise<{ readonly exitCode: number; readonly outOfMemory: boolean }>;
  /** Kills everything in the sandbox. Does not wait: `exit` does. */
  kill(): void;
}

/** Linux takes 128 KiB. */
const argumentLimit = 100_000;

/** How long helper scripts (reading and writing a file) may take. */
const helperTimeoutMs = 60_000;

/**
 * What sessions have in common whose commands are processes: one command after the other, time limits, bounded
 * output, files through helper scripts that run inside the sandbox with no more rights than the agent.
 */
export abstract class ProcessSession implements SandboxSession {
  #last: Promise<unknown> = Promise.resolve();
  #running: Running | undefined;
  #disposal: Promise<void> | undefined;

  protected abstract launch(launch: Launch): Promise<Running>;
  /** Removes everything. The running command, if any, was killed. */
  protected abstract close(): Promise<void>;

  run(command: string, options: RunOptions): Promise<CommandResult> {
    return this.#inTurn(() => this.#run(command, options));
  }

  readFile(path: string, limit: number): Promise<Uint8Array | undefined> {
    return this.#inTurn(async () => {
      const chunks: Uint8Array[] = [];
      const script = '[ -f "$1" ] && [ ! -L "$1" ] || exit 44; exec head -c "$2" -- "$1"';
      const args = [posix.resolve(sandboxPaths.work, path), String(Math.max(0, Math.floor(limit)))];
      const exitCode = await this.#help(script, args, undefined, (chunk) => chunks.push(chunk));
      return exitCode === 0 ? Buffer.concat(chunks).subarray(0, limit) : undefined;
    });
  }

  writeFile(path: string, content: string): Promise<void> {
    const target = posix.resolve(sandboxPaths.work, path);
    return this.#inTurn(async () => {
      if (!target.startsWith(`${sandboxPaths.work}/`))
        throw new SandboxError(`${target} is not below ${sandboxPaths.work}`);
      const script = 'mkdir -p -- "$(dirname -- "$1")" && cat > "$1"';
      const exitCode = await this.#help(script, [target], Buffer.from(content), () => undefined);
      if (exitCode !== 0) throw new SandboxError(`${target} could not be written inside the sandbox`);
    });
  }

  dispose(): Promise<void> {
    this.#disposal ??= (async () => {
      this.#running?.kill();
      await this.#last.catch(() => undefined);
      await this.close();
    })();
    return this.#disposal;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.dispose();
  }

  #inTurn<T>(task: () => Promise<T>): Promise<T> {
    const turn = this.#last
      .catch(() => undefined)
      .then(() => {
        if (this.#disposal) throw new SandboxError('the session has ended');
        return task();
      });
    this.#last = turn;
    return turn;
  }

  async #run(command: string, options: RunOptions): Promise<CommandResult> {
    const { timeoutMs, outputLimit, signal } = options;
    signal?.throwIfAborted();
    const stdout = new BoundedOutput(outputLimit);
    const stderr = new BoundedOutput(outputLimit);
    let written = 0;
    let timedOut = false;
    let stopped = false;
    const collect = (output: BoundedOutput) => (chunk: Uint8Array) => {
      if (stopped) return;
      output.push(chunk);
      written += chunk.length;
      if (written > outputQuota) {
        stopped = true;
        this.#running?.kill();
      }
    };
    const startedMs = systemClock.nowMs();
    const script = await this.#startable(command);
    if (script === undefined)
      return {
        exitCode: 126,
        stdout: '',
        stderr: 'the command is too long, or holds a zero byte\n',
        truncated: false,
        timedOut: false,
        outOfMemory: false,
        durationMs: systemClock.nowMs() - startedMs,
      };
    const running = await this.launch({
      script,
      args: [],
      stdout: collect(stdout),
      stderr: collect(stderr),
    });
    this.#running = running;
    const kill = () => running.kill();
    signal?.addEventListener('abort', kill, { once: true });
    const timer = setTimeout(() => {
      timedOut = true;
      kill();
    }, timeoutMs);
    try {
      // aborted or disposed while it was being launched
      if (signal?.aborted || this.#disposal) kill();
      const exit = await running.exit;
      signal?.throwIfAborted();
      if (stopped) stderr.push(`\n[stopped: the command wrote more than ${outputQuota / 1024 ** 2} MiB]\n`);
      return {
        exitCode: timedOut ? 124 : stopped ? 141 : exit.exitCode,
        stdout: stdout.text(),
        stderr: stderr.text(),
        truncated: stdout.truncated || stderr.truncated,
        timedOut,
        outOfMemory: exit.outOfMemory,
        durationMs: systemClock.nowMs() - startedMs,
      };
    } finally {
      clearTimeout(timer);
      signal?.removeEventListener('abort', kill);
      this.#running = undefined;
    }
  }

  /** A script that fits into one argument of a process; undefined if there is no way. */
  async #startable(command: string): Promise<string | undefined> {
    if (command.includes('\0')) return undefined;
    const bytes = Buffer.from(command);
    if (bytes.length <= argumentLimit) return command;
    const file = '/tmp/.long-command';
    const exitCode = await this.#help(`cat > ${file}`, [], bytes, () => undefined);
    return exitCode === 0 ? `exec bash ${file}` : undefined;
  }

  async #help(
    script: string,
    args: readonly string[],
    stdin: Uint8Array | undefined,
    stdout: (chunk: Uint8Array) => void,
  ): Promise<number> {
    const running = await this.launch({
      script,
      args,
      ...(stdin && { stdin }),
      stdout,
      stderr: () => undefined,
    });
    this.#running = running;
    const timer = setTimeout(() => running.kill(), helperTimeoutMs);
    try {
      return (await running.exit).exitCode;
    } finally {
      clearTimeout(timer);
      this.#running = undefined;
    }
  }
}
