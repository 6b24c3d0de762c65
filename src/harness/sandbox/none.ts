import { spawn } from 'node:child_process';
import { cp, lstat, mkdir, mkdtemp, open, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { isAbsolute, join, normalize } from 'node:path';
import { BoundedOutput } from './bounded-output.ts';
import {
  type CommandResult,
  type RunOptions,
  type Sandbox,
  SandboxError,
  type SandboxSession,
  type SandboxTask,
} from './sandbox.ts';

/** No isolation: commands run on this machine, with this user's rights. For agents that cannot run elsewhere. */
export const none: Sandbox = {
  name: 'none',
  summary: 'commands run on this machine without isolation; the run is marked and never ranked',
  isolated: false,
  limitations: ['The agent can read whatever this user can, the network included.'],
  available: async () =>
    process.platform === 'win32'
      ? { available: false, reason: 'it needs bash and process groups' }
      : { available: true },
  async start(task) {
    const root = await mkdtemp(join(tmpdir(), 'task-'));
    try {
      // a copy: the bundle's private part must not be beside what the agent is shown
      await cp(task.publicDirectory, join(root, 'data'), { recursive: true, preserveTimestamps: true });
      await mkdir(join(root, 'work'));
    } catch (error) {
      await rm(root, { recursive: true, force: true });
      throw new SandboxError(`cannot copy the task: ${(error as Error).message}`, { cause: error });
    }
    return new HostSession(root, task);
  },
};

class HostSession implements SandboxSession {
  readonly #root: string;
  readonly #environment: Readonly<Record<string, string>>;
  readonly #running = new Set<number>();
  readonly paths: NonNullable<SandboxSession['paths']>;

  constructor(root: string, task: SandboxTask) {
    this.#root = root;
    this.paths = {
      data: join(root, 'data'),
      work: join(root, 'work'),
      answer: join(root, 'work', 'agent_output.json'),
    };
    this.#environment = {
      PATH: process.env['PATH'] ?? '/usr/bin:/bin',
      HOME: process.env['HOME'] ?? this.paths.work,
      LANG: 'C.UTF-8',
      ...task.environment,
    };
  }

  run(command: string, { timeoutMs, outputLimit, signal }: RunOptions): Promise<CommandResult> {
    return new Promise((resolve, reject) => {
      signal?.throwIfAborted();
      const startedMs = performance.now();
      const stdout = new BoundedOutput(outputLimit);
      const stderr = new BoundedOutput(outputLimit);
      const child = spawn('bash', ['-c', command], {
        cwd: this.paths.work,
        env: this.#environment,
        // a process group of its own, so that all of it can be killed
        detached: true,
        stdio: ['ignore', 'pipe', 'pipe'],
      });
      const group = child.pid;
      if (group !== undefined) this.#running.add(group);
      let timedOut = false;
      const timer = setTimeout(() => {
        timedOut = true;
        this.#kill(group);
      }, timeoutMs);
      const abort = () => this.#kill(group);
      signal?.addEventListener('abort', abort, { once: true });
      child.stdout.on('data', (chunk: Buffer) => stdout.push(chunk));
      child.stderr.on('data', (chunk: Buffer) => stderr.push(chunk));
      child.on('error', (error) => {
        clearTimeout(timer);
        reject(new SandboxError(`cannot run bash: ${error.message}`, { cause: error }));
      });
      // background children keep the pipes open: the command has ended with its shell
      child.on('exit', () => setTimeout(() => this.#closePipes(child), 50).unref());
      child.on('close', (code) => {
        clearTimeout(timer);
        signal?.removeEventListener('abort', abort);
        if (signal?.aborted) return reject(signal.reason as Error);
        resolve({
          exitCode: timedOut ? 124 : (code ?? 137),
          stdout: stdout.text(),
          stderr: stderr.text(),
          truncated: stdout.truncated || stderr.truncated,
          timedOut,
          outOfMemory: false,
          durationMs: performance.now() - startedMs,
        });
      });
    });
  }

  #closePipes(child: ReturnType<typeof spawn>): void {
    child.stdout?.destroy();
    child.stderr?.destroy();
  }

  #kill(group: number | undefined): void {
    if (group === undefined) return;
    try {
      process.kill(-group, 'SIGKILL');
    } catch {
      // it is gone
    }
  }

  async readFile(path: string, limit: number): Promise<Uint8Array | undefined> {
    const absolute = isAbsolute(path) ? normalize(path) : join(this.paths.work, path);
    if (!absolute.startsWith(this.#root)) return undefined;
    const info = await lstat(absolute).catch(() => undefined);
    if (!info?.isFile()) return undefined;
    const file = await open(absolute);
    try {
      const { buffer, bytesRead } = await file.read(Buffer.alloc(Math.min(limit, info.size)), 0);
      return buffer.subarray(0, bytesRead);
    } finally {
      await file.close();
    }
  }

  async writeFile(path: string, content: string): Promise<void> {
    const absolute = isAbsolute(path) ? normalize(path) : join(this.paths.work, path);
    if (!absolute.startsWith(this.paths.work))
      throw new SandboxError(`${path} is not below ${this.paths.work}`);
    await writeFile(absolute, content);
  }

  async dispose(): Promise<void> {
    for (const group of this.#running) this.#kill(group);
    this.#running.clear();
    await rm(this.#root, { recursive: true, force: true, maxRetries: 3 });
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.dispose();
  }
}
