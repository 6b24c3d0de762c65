import type { Readable, Writable } from 'node:stream';

/** What a command may touch of its process. Results go to stdout; progress and messages to stderr. */
export interface Io {
  readonly stdin: Readable;
  readonly stdout: Output;
  readonly stderr: Output;
  /** Absolute; paths the user gives are relative to it. */
  readonly cwd: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Aborted by the first Ctrl-C: stop, clean up, keep what is finished. */
  readonly signal: AbortSignal;
}

export type Output = Pick<Writable, 'write'> & { readonly isTTY?: boolean; readonly columns?: number };

/** Options every command has. */
export interface CommonOptions {
  /** Results as JSON on stdout. */
  readonly json: boolean;
  readonly verbose: boolean;
  readonly quiet: boolean;
}

/** What a file in `cli/commands/` exports: does one thing and answers the exit code. */
export type Command<Options> = (options: Options & CommonOptions, io: Io) => Promise<number>;
