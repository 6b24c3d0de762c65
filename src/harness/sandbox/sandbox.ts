import { OperationError } from '../../base/errors.ts';

/** Places inside a sandbox. */
export interface SandboxPaths {
  readonly data: string;
  readonly work: string;
  readonly answer: string;
}

/** Where an agent finds things inside every isolated sandbox: the same for every task. */
export const sandboxPaths: SandboxPaths = {
  /** The bundle's `public/`, read-only. */
  data: '/data',
  /** Current folder of every command; writable, empty at the start, gone with the session. */
  work: '/work',
  /** The answer file. */
  answer: '/work/agent_output.json',
};

/** What a session may use; the sandbox's own defaults where absent. */
export interface SandboxLimits {
  readonly memoryBytes?: number;
  readonly cpus?: number;
  readonly processes?: number;
  /** Everything the agent may write, together. */
  readonly diskBytes?: number;
}

/** What a session is started with. Nothing in it can name private parts, the task or the run. */
export interface SandboxTask {
  /** Absolute path of the bundle's `public/` on the host. */
  readonly publicDirectory: string;
  readonly limits?: SandboxLimits;
  /** Variables the agent may see, on top of PATH, HOME and LANG; never the host's. */
  readonly environment?: Readonly<Record<string, string>>;
  /** Hosts (`name` or `name:port`) that may be reached; absent or empty: no network at all. A sandbox that cannot do it refuses with a PrerequisiteError. */
  readonly allowHosts?: readonly string[];
}

export interface RunOptions {
  /** After this long the whole process tree is killed. */
  readonly timeoutMs: number;
  /** Characters kept of each stream while it streams; the middle is cut out (see BoundedOutput). Default 20,000. */
  readonly outputLimit?: number;
  /** Aborted: kill the process tree and reject with the signal's reason. */
  readonly signal?: AbortSignal;
}

/** How a command ended. Whatever the command did is a result; only a broken sandbox is an error. */
export interface CommandResult {
  /** 124 for a time-out, 137 for an out-of-memory kill, as shells say. */
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
  /** Whether either stream lost its middle. */
  readonly truncated: boolean;
  readonly timedOut: boolean;
  readonly outOfMemory: boolean;
  readonly durationMs: number;
}

/** One sample's isolated place. Sessions cannot see each other. */
export interface SandboxSession extends AsyncDisposable {
  /** Only where there is no file system of its own; `sandboxPaths` otherwise. */
  readonly paths?: SandboxPaths;
  /** Runs a command with bash (or what comes nearest) in `/work`; files persist between commands, shell state does not. Rejects with SandboxError if the sandbox itself failed. */
  run(command: string, options: RunOptions): Promise<CommandResult>;
  /** A regular file inside the sandbox, at most `limit` bytes of it; undefined if there is none (or it is a link, folder or device). Bytes are read as data. */
  readFile(path: string, limit: number): Promise<Uint8Array | undefined>;
  /** Writes a file below `/work`. */
  writeFile(path: string, content: string): Promise<void>;
  /** Kills everything that still runs and removes what was written. Idempotent; `[Symbol.asyncDispose]` does the same. */
  dispose(): Promise<void>;
}

/** A kind of sandbox. */
export interface Sandbox {
  readonly name: string;
  readonly summary: string;
  /** False where the agent could reach the host; such runs are marked and never ranked. */
  readonly isolated: boolean;
  /** What commands find inside, told to the agent, such as `bash, coreutils, jq and Python 3 with pandas`. */
  readonly provides?: string;
  /** What it cannot do, for people, one sentence each. */
  readonly limitations: readonly string[];
  /** Whether it works on this machine; if not, why and what would help. */
  available(): Promise<SandboxAvailability>;
  /** SandboxError if it cannot be started, PrerequisiteError if it never could, UserError if the bundle is unsuitable. */
  start(task: SandboxTask): Promise<SandboxSession>;
}

export type SandboxAvailability =
  | { readonly available: true; readonly detail?: string }
  | { readonly available: false; readonly reason: string; readonly hint?: string };

/** The sandbox broke, not what ran in it: the sample is repeated and counted as an infrastructure failure. */
export class SandboxError extends OperationError {
  constructor(message: string, options: { details?: Record<string, unknown>; cause?: unknown } = {}) {
    super('sandbox', message, { ...options, isRetryable: true });
  }
}
