import { existsSync } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { extname, join, posix } from 'node:path';
import { Worker } from 'node:worker_threads';
import { systemClock } from '../../../base/clock.ts';
import { UserError } from '../../../base/errors.ts';
import { baseEnvironment, resolveLimits } from '../limits.ts';
import { refuseNetwork } from '../refuse-network.ts';
import {
  type CommandResult,
  type RunOptions,
  type Sandbox,
  type SandboxAvailability,
  SandboxError,
  type SandboxSession,
  type SandboxTask,
  sandboxPaths,
} from '../sandbox.ts';
import { type StagedEvidence, stageEvidence } from '../stage-evidence.ts';
import {
  fileSizeLimit,
  type Reply,
  type Request,
  virtualDiskBytes,
  type WorkerSettings,
  type WrittenFile,
} from './protocol.ts';

/** A shell written in TypeScript, in a thread of this process: needs nothing installed, and is not a real system. */
export const virtual: Sandbox = {
  name: 'virtual',
  summary: 'an in-process imitation of bash and its tools; works everywhere, needs nothing installed',
  isolated: true,
  provides:
    'an imitation of bash with the usual text tools (grep, rg, sed, awk, sort, jq, yq, sqlite3); no Python, no background processes',
  limitations: [
    'It is an imitation: the usual text tools, jq, awk and sqlite3 work with small differences; there is no Python, no programs can be installed or run, and there are no processes.',
    'Bundles with a file over 32 MB are refused, for its tools misread them.',
    'The boundary is a JavaScript interpreter in the process of the harness, not the kernel: weaker against a determined attacker than docker or bubblewrap.',
    'A command that must be stopped hard loses the files it was writing; those of earlier commands stay.',
    'Output is kept in memory until the command ends; over 64 MiB of it ends the command.',
    'Every session costs about 35 MB of memory: run fewer at the same time.',
    'Processes and CPU cannot be limited; memory is limited for what JavaScript allocates.',
  ],
  available: async (): Promise<SandboxAvailability> => {
    try {
      import.meta.resolve('just-bash');
      return { available: true };
    } catch {
      return { available: false, reason: 'the package just-bash is not installed', hint: 'npm install' };
    }
  },
  start,
};

async function start(task: SandboxTask): Promise<SandboxSession> {
  refuseNetwork('virtual', task);
  await refuseLargeFiles(task.publicDirectory);
  const evidence = await stageEvidence(task.publicDirectory);
  const limits = resolveLimits(task.limits);
  const session = new VirtualSession(evidence, {
    publicDirectory: evidence.path,
    environment: { ...baseEnvironment, ...task.environment },
    limits: { ...limits, diskBytes: Math.min(limits.diskBytes, virtualDiskBytes) },
    files: [],
  });
  try {
    await session.begin();
    return session;
  } catch (error) {
    await session.dispose();
    throw error;
  }
}

async function refuseLargeFiles(directory: string): Promise<void> {
  const entries = await readdir(directory, { recursive: true }).catch((error: NodeJS.ErrnoException) => {
    throw new UserError('no-such-bundle', `cannot read ${directory}: ${error.code}`);
  });
  for (const entry of entries) {
    const { size } = await stat(join(directory, entry)).catch(() => ({ size: 0 }));
    if (size > fileSizeLimit)
      throw new UserError('unsuitable-bundle', `${entry} is too large for the sandbox virtual (over 32 MB)`, {
        hint: 'use --sandbox docker or --sandbox bubblewrap',
      });
  }
}

/** How long the shell may take to stop at a statement before its thread is ended. */
const graceMs = 300;

class VirtualSession implements SandboxSession {
  readonly #evidence: StagedEvidence;
  readonly #settings: WorkerSettings;
  #files: readonly WrittenFile[] = [];
  #worker: Worker | undefined;
  #last: Promise<unknown> = Promise.resolve();
  #disposal: Promise<void> | undefined;

  constructor(evidence: StagedEvidence, settings: WorkerSettings) {
    this.#evidence = evidence;
    this.#settings = settings;
  }

  /** Starts the thread, with the files written so far. */
  async begin(): Promise<Worker> {
    // beside this file it is TypeScript in a checkout and JavaScript in a package
    const file = join(import.meta.dirname, `worker${extname(import.meta.filename)}`);
    if (!existsSync(file)) throw new SandboxError(`${file} is missing`);
    const worker = new Worker(file, {
      workerData: { ...this.#settings, files: this.#files } satisfies WorkerSettings,
      env: {},
      stdin: false,
      stdout: true,
      stderr: true,
      resourceLimits: { maxOldGenerationSizeMb: Math.ceil(this.#settings.limits.memoryBytes / 1024 ** 2) },
    });
    this.#worker = worker;
    worker.unref();
    const ready = await nextReply(worker);
    if (ready.kind !== 'ready') throw new SandboxError('the virtual shell could not be started');
    return worker;
  }

  run(command: string, options: RunOptions): Promise<CommandResult> {
    return this.#inTurn(() => this.#run(command, options));
  }

  readFile(path: string, limit: number): Promise<Uint8Array | undefined> {
    return this.#inTurn(async () => {
      const reply = await this.#ask({ kind: 'read', path: posix.resolve(sandboxPaths.work, path), limit });
      return reply.kind === 'read' ? reply.content : undefined;
    });
  }

  writeFile(path: string, content: string): Promise<void> {
    const target = posix.resolve(sandboxPaths.work, path);
    return this.#inTurn(async () => {
      if (!target.startsWith(`${sandboxPaths.work}/`))
        throw new SandboxError(`${target} is not below ${sandboxPaths.work}`);
      const reply = await this.#ask({ kind: 'write', path: target, content });
      if (reply.kind !== 'written')
        throw new SandboxError(`${target} could not be written inside the sandbox`);
      this.#files = reply.files;
    });
  }

  dispose(): Promise<void> {
    this.#disposal ??= (async () => {
      await this.#stop();
      await this.#last.catch(() => undefined);
      await this.#stop();
      await this.#evidence.release();
    })();
    return this.#disposal;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.dispose();
  }

  async #run(command: string, { timeoutMs, outputLimit, signal }: RunOptions): Promise<CommandResult> {
    signal?.throwIfAborted();
    const startedMs = systemClock.nowMs();
    const worker = this.#worker ?? (await this.begin());
    let timedOut = false;
    let hard: NodeJS.Timeout | undefined;
    const cancel = () => {
      worker.postMessage({ kind: 'cancel' } satisfies Request);
      hard = setTimeout(() => void this.#stop(), graceMs);
    };
    const timer = setTimeout(() => {
      timedOut = true;
      cancel();
    }, timeoutMs);
    signal?.addEventListener('abort', cancel, { once: true });
    const ended = (
      exitCode: number,
      more: Partial<Pick<CommandResult, 'stdout' | 'stderr' | 'truncated' | 'outOfMemory'>>,
    ): CommandResult => ({
      exitCode,
      stdout: '',
      stderr: '',
      truncated: false,
      outOfMemory: false,
      ...more,
      timedOut,
      durationMs: systemClock.nowMs() - startedMs,
    });
    try {
      const reply = await this.#ask({ kind: 'run', command, outputLimit, timeoutMs });
      signal?.throwIfAborted();
      if (reply.kind === 'failed') return ended(timedOut ? 124 : 1, { stderr: `${reply.message}\n` });
      if (reply.kind !== 'ran') throw new SandboxError('the virtual shell answered something else');
      this.#files = reply.files;
      const { stdout, stderr, truncated } = reply;
      return ended(timedOut ? 124 : reply.exitCode, { stdout, stderr, truncated });
    } catch (error) {
      signal?.throwIfAborted();
      if (timedOut) return ended(124, {});
      if ((error as NodeJS.ErrnoException).code === 'ERR_WORKER_OUT_OF_MEMORY')
        return ended(137, { outOfMemory: true });
      throw error;
    } finally {
      clearTimeout(timer);
      clearTimeout(hard);
      signal?.removeEventListener('abort', cancel);
    }
  }

  async #ask(request: Request): Promise<Reply> {
    const worker = this.#worker ?? (await this.begin());
    worker.ref();
    worker.postMessage(request);
    try {
      return await nextReply(worker);
    } catch (error) {
      if (this.#worker === worker) this.#worker = undefined;
      throw error;
    } finally {
      worker.unref();
    }
  }

  async #stop(): Promise<void> {
    const worker = this.#worker;
    this.#worker = undefined;
    await worker?.terminate();
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
}

function nextReply(worker: Worker): Promise<Reply> {
  return new Promise((resolve, reject) => {
    const settle = (how: () => void) => {
      worker.off('message', onMessage);
      worker.off('error', onError);
      worker.off('exit', onExit);
      how();
    };
    const onMessage = (reply: Reply) => settle(() => resolve(reply));
    const onError = (error: Error & { code?: string }) =>
      settle(() =>
        reject(
          error.code === 'ERR_WORKER_OUT_OF_MEMORY'
            ? error
            : new SandboxError(`the virtual shell broke: ${error.message}`, { cause: error }),
        ),
      );
    const onExit = () => settle(() => reject(new SandboxError('the virtual shell was stopped')));
    worker.on('message', onMessage);
    worker.on('error', onError);
    worker.on('exit', onExit);
  });
}
