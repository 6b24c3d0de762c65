import { execFile, spawn } from 'node:child_process';
import { accessSync, constants, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';

const bin = join(import.meta.dirname, '..', '..', 'bin', 'culprit.js');

export interface Outcome {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs the command as a user does: from another folder, under the host's Node, which may be an old one. */
export function culprit(
  args: readonly string[],
  cwd = mkdtempSync(join(tmpdir(), 'culprit-cli-')),
): Promise<Outcome> {
  return new Promise((resolve) => {
    execFile(hostNode(), [bin, ...args], { cwd, maxBuffer: 64 * 1024 * 1024 }, (error, stdout, stderr) => {
      resolve({ code: error ? Number(error.code) : 0, stdout, stderr });
    });
  });
}

/** Runs it for somebody who stops reading: the pipe is closed before the first word. Answers its exit code. */
export function culpritUnread(args: readonly string[], stream: 'stdout' | 'stderr'): Promise<number | null> {
  return new Promise((resolve) => {
    const child = spawn(hostNode(), [bin, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
    child[stream].destroy();
    child[stream === 'stdout' ? 'stderr' : 'stdout'].resume();
    child.on('exit', resolve);
  });
}

/** The first `node` in PATH that is not the one npm installed here; this process's own if there is none. */
function hostNode(): string {
  for (const folder of (process.env.PATH ?? '').split(delimiter)) {
    if (folder.includes('node_modules')) continue;
    try {
      accessSync(join(folder, 'node'), constants.X_OK);
      return join(folder, 'node');
    } catch {
      // look further
    }
  }
  return process.execPath;
}
