import { parentPort, workerData } from 'node:worker_threads';
import { Bash, InMemoryFs, MountableFs, OverlayFs } from 'just-bash';
import { BoundedOutput } from '../bounded-output.ts';
import { sandboxPaths } from '../sandbox.ts';
import { CommandFolder } from './command-folder.ts';
import {
  fileSizeLimit,
  type Reply,
  type Request,
  type WorkerSettings,
  type WrittenFile,
} from './protocol.ts';

/** The thread that a virtual shell runs in: it may block, and it can be stopped from outside. */

const { publicDirectory, environment, limits, files } = workerData as WorkerSettings;
const memory = new InMemoryFs({}, { maxTotalBytes: limits.diskBytes });
const fs = new MountableFs({ base: memory });
const evidence = new OverlayFs({
  root: publicDirectory,
  mountPoint: '/',
  readOnly: true,
  maxFileReadSize: fileSizeLimit,
});
fs.mount(sandboxPaths.data, evidence);
// where a folder of the search path exists, commands are looked for in it: list them there, for good
for (const folder of ['/bin', '/usr/bin']) fs.mount(folder, new CommandFolder());
for (const folder of [sandboxPaths.work, '/tmp']) await memory.mkdir(folder, { recursive: true });
const shell = new Bash({
  fs,
  cwd: sandboxPaths.work,
  env: { ...environment },
  python: false,
  javascript: false,
  executionLimits: {
    maxExecutionTimeMs: 3_600_000,
    maxCommandCount: 1_000_000,
    maxLoopIterations: 1_000_000,
    maxOutputSize: 64 * 1024 ** 2,
  },
});
for (const { path, content } of files) {
  await memory.mkdir(path.slice(0, path.lastIndexOf('/')) || '/', { recursive: true });
  await memory.writeFile(path, content);
}
// what the shell brings along itself (its /bin, /proc) is no file of the session
const brought = new Set(memory.getAllPaths());
for (const { path } of files) brought.delete(path);

let running: AbortController | undefined;
const reply = (message: Reply): void => parentPort?.postMessage(message);

parentPort?.on('message', (request: Request) => {
  if (request.kind === 'cancel') running?.abort();
  else
    answer(request).then(reply, (error: unknown) =>
      reply({ kind: 'failed', message: error instanceof Error ? error.message : String(error) }),
    );
});
reply({ kind: 'ready' });

async function answer(request: Exclude<Request, { kind: 'cancel' }>): Promise<Reply> {
  switch (request.kind) {
    case 'run': {
      running = new AbortController();
      const result = await shell.exec(request.command, { signal: running.signal, rawScript: true });
      running = undefined;
      const stdout = bounded(result.stdout, request.outputLimit);
      const stderr = bounded(result.stderr, request.outputLimit);
      return {
        kind: 'ran',
        exitCode: result.exitCode,
        stdout: stdout.text(),
        stderr: stderr.text(),
        truncated: stdout.truncated || stderr.truncated,
        files: await written(),
      };
    }
    case 'read': {
      try {
        const stat = await fs.lstat(request.path);
        if (!stat.isFile) return { kind: 'read', content: undefined };
        return { kind: 'read', content: (await fs.readFileBuffer(request.path)).slice(0, request.limit) };
      } catch {
        return { kind: 'read', content: undefined };
      }
    }
    case 'write': {
      await memory.mkdir(request.path.slice(0, request.path.lastIndexOf('/')), { recursive: true });
      await memory.writeFile(request.path, request.content);
      return { kind: 'written', files: await written() };
    }
  }
}

function bounded(text: string, limit: number | undefined): BoundedOutput {
  const output = new BoundedOutput(limit);
  output.push(text);
  return output;
}

async function written(): Promise<readonly WrittenFile[]> {
  const all: WrittenFile[] = [];
  for (const path of memory.getAllPaths())
    if (!brought.has(path) && (await memory.lstat(path)).isFile)
      all.push({ path, content: await memory.readFileBuffer(path) });
  return all;
}
