import { type ChildProcess, spawn } from 'node:child_process';
import type { Readable } from 'node:stream';
import { OperationError, PrerequisiteError } from '../../base/errors.ts';

export interface CommandOptions {
  /** Text for the program's input, or another program's output. */
  readonly input?: string | Readable;
  /** Variables besides ours. */
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
  /** Every line that the program writes to stderr, as it comes. */
  readonly onLine?: (line: string) => void;
}

export interface CommandResult {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

const howToGet: Readonly<Record<string, string>> = {
  docker: 'install Docker Engine and start it; `culprit doctor` tells what is there',
  kind: 'install kind (see kind.sigs.k8s.io); `culprit doctor` tells what is there',
};

/**
 * Runs a program to its end and answers what it said, whatever its exit code. PrerequisiteError if the program is not
 * installed or Docker's daemon does not answer it; the signal's reason when aborted (the program is ended first).
 */
export async function tryCommand(
  program: string,
  args: readonly string[],
  options: CommandOptions = {},
): Promise<CommandResult> {
  options.signal?.throwIfAborted();
  const child = spawn(program, [...args], {
    // a group of its own: Ctrl-C reaches us only, and we end it in order
    detached: true,
    stdio: ['pipe', 'pipe', 'pipe'],
    env: { ...process.env, ...options.env },
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
  });
  const end = () => endGroup(child);
  const timer = options.timeoutMs === undefined ? undefined : setTimeout(end, options.timeoutMs);
  options.signal?.addEventListener('abort', end, { once: true });
  try {
    const result = await outcomeOf(program, child, options);
    options.signal?.throwIfAborted();
    if (result.code !== 0 && isDaemonGone(result.stderr)) throw dockerStopped(result.stderr);
    return result;
  } finally {
    clearTimeout(timer);
    options.signal?.removeEventListener('abort', end);
  }
}

/** As `tryCommand`, but a failure is an OperationError with the end of what the program wrote. Answers its output. */
export async function runCommand(
  program: string,
  args: readonly string[],
  options: CommandOptions = {},
): Promise<string> {
  const { code, stdout, stderr } = await tryCommand(program, args, options);
  if (code === 0) return stdout;
  const said = (stderr.trim() || stdout.trim()).split('\n').slice(-8).join('\n');
  throw new OperationError('command-failed', `${program} ${shown(args)} failed (exit ${code}): ${said}`, {
    details: { program, args: [...args], code, output: (stdout + stderr).slice(-8000) },
  });
}

/** What to say when Docker's daemon does not answer (any more). */
export function dockerStopped(cause?: unknown): PrerequisiteError {
  return new PrerequisiteError('docker-stopped', 'the Docker daemon does not answer', {
    hint: 'start Docker and run the command again: what was finished is kept, the rest is made anew',
    ...(cause === undefined ? {} : { cause }),
  });
}

function outcomeOf(program: string, child: ChildProcess, options: CommandOptions): Promise<CommandResult> {
  return new Promise((resolve, reject) => {
    let stdout = '';
    let stderr = '';
    let line = '';
    child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      stdout += text;
    });
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      stderr = (stderr + text).slice(-200_000);
      if (options.onLine === undefined) return;
      const lines = (line + text).split(/[\r\n]+/);
      line = lines.pop() ?? '';
      for (const whole of lines) if (whole.trim() !== '') options.onLine(whole.trim());
    });
    child.on('error', (cause: NodeJS.ErrnoException) =>
      reject(
        cause.code === 'ENOENT'
          ? new PrerequisiteError('program-missing', `${program} is not installed`, {
              hint: howToGet[program],
              cause,
            })
          : cause,
      ),
    );
    child.on('close', (code, signal) => resolve({ code: code ?? (signal ? 128 : 1), stdout, stderr }));
    // a program that ends without reading all of its input is not our failure
    child.stdin?.on('error', () => undefined);
    if (options.input === undefined || typeof options.input === 'string') child.stdin?.end(options.input);
    else if (child.stdin) options.input.pipe(child.stdin);
  });
}

function endGroup(child: ChildProcess): void {
  if (child.pid === undefined || child.exitCode !== null) return;
  try {
    process.kill(-child.pid, 'SIGTERM');
  } catch {
    // it has ended by itself
  }
}

function isDaemonGone(stderr: string): boolean {
  return /cannot connect to the docker daemon|is the docker daemon running|error during connect/i.test(
    stderr,
  );
}

function shown(args: readonly string[]): string {
  const text = args.join(' ');
  return text.length > 120 ? `${text.slice(0, 120)}…` : text;
}
