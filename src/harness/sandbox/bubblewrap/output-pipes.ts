import { execFile } from 'node:child_process';
import { chmodSync, closeSync, constants, openSync } from 'node:fs';
import { Socket } from 'node:net';
import { join } from 'node:path';
import { promisify } from 'node:util';

export interface OpenPipe {
  /** For the child; close it here once the child has it. */
  readonly writeEnd: number;
  readonly stream: Socket;
}

/**
 * Named pipes for the output of commands, made once a session. Node gives its children sockets instead of pipes, and
 * `echo … > /dev/stderr` fails on a socket.
 */
export class OutputPipes {
  readonly #paths: readonly string[];

  private constructor(paths: readonly string[]) {
    this.#paths = paths;
  }

  /** In `directory`, which others may not enter. */
  static async create(directory: string, name: string): Promise<OutputPipes> {
    const paths = ['out', 'err'].map((end) => join(directory, `${name}-${end}`));
    await promisify(execFile)('mkfifo', paths);
    // the commands have another user id, and opening /dev/stdout asks for permission again
    for (const path of paths) chmodSync(path, 0o666);
    return new OutputPipes(paths);
  }

  /** Standard output and standard error of the next command. The last one's must have ended. */
  open(): OpenPipe[] {
    return this.#paths.map((path) => {
      // the reader first (it does not wait), then the writer (so that the reader does not see an end)
      const readEnd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
      const writeEnd = openSync(path, constants.O_WRONLY);
      return { writeEnd, stream: new Socket({ fd: readEnd, readable: true, writable: false }) };
    });
  }
}

/** To be called when the child has been started. */
export function closeWriteEnds(pipes: readonly OpenPipe[]): void {
  for (const { writeEnd } of pipes) closeSync(writeEnd);
}
