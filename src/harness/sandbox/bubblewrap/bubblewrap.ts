import { spawn } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { closeSync, openSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { whileOpen } from '../../../base/while-open.ts';
import { baseEnvironment, resolveLimits } from '../limits.ts';
import { ownedName } from '../orphans.ts';
import { type Launch, ProcessSession, type Running } from '../process-session.ts';
import {
  type Sandbox,
  type SandboxAvailability,
  SandboxError,
  type SandboxLimits,
  type SandboxTask,
  sandboxPaths,
} from '../sandbox.ts';
import { stageEvidence } from '../stage-evidence.ts';
import { type ControlGroup, createControlGroup } from './control-group.ts';
import { Egress } from './egress.ts';
import { Holder, hostEnvironment, insideId, preparedRoot } from './holder.ts';
import { inheritedDescriptors } from './inherited-descriptors.ts';
import { watchMemory } from './memory-watch.ts';
import { closeWriteEnds, OutputPipes } from './output-pipes.ts';
import { seccompFilter } from './seccomp.ts';

/** Tools of this machine worth telling the agent about, known once it was probed. */
let found = '';
const tools = ['jq', 'rg', 'python3', 'sqlite3', 'duckdb'];

/** Linux namespaces without a daemon and without an image: the host's programs, nothing else of the host. */
export const bubblewrap: Sandbox = {
  name: 'bubblewrap',
  summary: 'Linux namespaces through bubblewrap; the programs of this machine',
  isolated: true,
  get provides() {
    return `bash, coreutils, grep, sed, awk and find${found === '' ? '' : `, and also ${found}`}`;
  },
  limitations: [
    'The agent finds the programs that this machine has installed below /usr, so results depend on the machine.',
    'It sees facts about the machine that the kernel shows everybody: its processor, memory, load and kernel version.',
    'Where no control group can be made (most ordinary users), CPU time is not limited and memory is watched ten times a second instead of being enforced by the kernel.',
    'An allow-list of hosts is kept by an HTTP proxy: programs that ignore HTTPS_PROXY have no network at all.',
    'Background processes end with the command that started them.',
  ],
  available: probe,
  start,
};

async function probe(): Promise<SandboxAvailability> {
  if (process.platform !== 'linux') return { available: false, reason: 'bubblewrap needs Linux' };
  const directory = await mkdtemp(join(tmpdir(), 'probe-'));
  try {
    return await whileOpen(await start({ publicDirectory: directory }), async (session) => {
      const result = await session.run(
        `for t in ${tools.join(' ')}; do command -v $t >/dev/null && echo $t; done; python3 -c 'import pandas; print("pandas")' 2>/dev/null; exit 0`,
        { timeoutMs: 20_000 },
      );
      if (result.exitCode !== 0)
        return {
          available: false,
          reason: result.stderr.trim() || `a command in it ended with ${result.exitCode}`,
        };
      const present = result.stdout.trim().split('\n').filter(Boolean);
      found = present.join(', ');
      const missing = ['jq', 'rg', 'python3', 'pandas'].filter((tool) => !present.includes(tool));
      const notes = [
        session.hasControlGroup
          ? 'control groups'
          : 'no control groups: memory is watched, CPU is not limited',
        ...(missing.length > 0 ? [`this machine has no ${missing.join(', ')}`] : []),
      ];
      return { available: true, detail: notes.join('; ') };
    });
  } catch (error) {
    const message = (error as Error).message;
    return {
      available: false,
      reason: message,
      hint: /ENOENT/.test(message)
        ? 'install the package bubblewrap'
        : 'user namespaces may be switched off (sysctl user.max_user_namespaces, kernel.unprivileged_userns_clone, or AppArmor)',
    };
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

async function start(task: SandboxTask): Promise<BubblewrapSession> {
  const limits = resolveLimits(task.limits);
  const evidence = await stageEvidence(task.publicDirectory);
  // undone in reverse order, at the end or when something on the way fails
  const undo: (() => Promise<void>)[] = [() => evidence.release()];
  const close = async () => {
    for (const step of undo.splice(0).reverse()) await step();
  };
  try {
    const controlGroup = await createControlGroup(limits);
    if (controlGroup) undo.push(() => controlGroup.remove());
    // as root, every session has a host user of its own, without rights and beyond all that exist
    const owner = process.getuid?.() === 0 ? randomInt(0x4000_0000, 0x7000_0000) : undefined;
    const directory = join(evidence.path, '..');
    const name = ownedName();
    const filter = seccompFilter();
    const filterFile = join(directory, name);
    if (filter) await writeFile(filterFile, filter);
    const outputs = await OutputPipes.create(directory, name);
    const holder = await Holder.start(evidence.path, limits, owner);
    undo.push(() => holder.stop());
    const enter = [
      ...['--target', String(holder.pid), '--net'],
      ...(owner === undefined ? ['--user', '--preserve-credentials'] : []),
    ];
    const hosts = task.allowHosts ?? [];
    if (hosts.length > 0) {
      const egress = await Egress.start(hosts, enter, join(directory, `${name}-way`));
      undo.push(() => egress.stop());
    }
    const environment = {
      ...baseEnvironment,
      ...(hosts.length > 0 ? Egress.environment : {}),
      ...task.environment,
    };
    // not as arguments: everybody on this machine can read those, and there may be keys among them
    const environmentFile = join(directory, `${name}-environment`);
    const words = Object.entries(environment).flatMap(([variable, value]) => ['--setenv', variable, value]);
    await writeFile(environmentFile, ['--clearenv', ...words].map((word) => `${word}\0`).join(''), {
      mode: 0o600,
    });
    return new BubblewrapSession({
      holder,
      owner,
      limits,
      environmentFile,
      outputs,
      close,
      ...(controlGroup && { controlGroup }),
      ...(filter && { filterFile }),
    });
  } catch (error) {
    await close();
    throw error;
  }
}

interface SessionParts {
  readonly holder: Holder;
  /** Host user of the commands; undefined: our own. */
  readonly owner: number | undefined;
  readonly limits: Required<SandboxLimits>;
  /** Arguments of bubblewrap that set the variables. */
  readonly environmentFile: string;
  readonly outputs: OutputPipes;
  readonly close: () => Promise<void>;
  readonly controlGroup?: ControlGroup;
  readonly filterFile?: string;
}

class BubblewrapSession extends ProcessSession {
  readonly #parts: SessionParts;
  readonly #shell: string;
  readonly #arguments: readonly string[];
  #kills = 0;

  constructor(parts: SessionParts) {
    super();
    this.#parts = parts;
    const { holder, owner, limits, controlGroup, filterFile } = parts;
    const data = Math.ceil((2 * limits.memoryBytes) / 1024);
    const strays = inheritedDescriptors();
    // bash closes any descriptor and limits processes by name; the smaller shell starts faster
    const needsBash = strays.length > 0 || controlGroup === undefined;
    const before = [
      ...(controlGroup?.joinFiles ?? []).map((file) => `echo $$ > ${file} || exit 1`),
      ...strays.map((descriptor) => `exec ${descriptor}>&-`),
      `ulimit -c 0; ulimit -d ${data} || exit 1`,
      ...(needsBash ? [`ulimit -u ${limits.processes} || exit 1`] : []),
      'exec "$@"',
    ];
    this.#shell = needsBash ? '/bin/bash' : '/bin/sh';
    // every command gets process numbers, users and mounts of its own on top of the session's namespaces
    this.#arguments = [
      ...['-c', before.join('\n'), 'sh'],
      ...['nsenter', '--target', String(holder.pid), '--mount', '--net', '--ipc', '--uts'],
      ...(owner === undefined
        ? ['--user', '--preserve-credentials']
        : ['--setgid', String(owner), '--setuid', String(owner)]),
      ...['--', 'bwrap', '--unshare-user', '--unshare-pid', '--unshare-cgroup-try', '--disable-userns'],
      ...['--uid', insideId, '--gid', insideId, '--cap-drop', 'ALL', '--die-with-parent', '--new-session'],
      ...['--args', '4'],
      ...['--dev-bind', preparedRoot, '/', '--proc', '/proc', '--chdir', sandboxPaths.work],
      ...['--json-status-fd', '3'],
      ...(filterFile === undefined ? [] : ['--seccomp', '5']),
      '--',
    ];
  }

  get hasControlGroup(): boolean {
    return this.#parts.controlGroup !== undefined;
  }

  protected async launch(launch: Launch): Promise<Running> {
    const { controlGroup, limits, environmentFile, filterFile, outputs } = this.#parts;
    const pipes = outputs.open();
    const files = [environmentFile, ...(filterFile === undefined ? [] : [filterFile])].map((file) =>
      openSync(file, 'r'),
    );
    const child = spawn(
      this.#shell,
      [...this.#arguments, '/bin/bash', '-c', launch.script, 'bash', ...launch.args],
      {
        env: hostEnvironment(),
        cwd: '/',
        stdio: [launch.stdin ? 'pipe' : 'ignore', ...pipes.map((pipe) => pipe.writeEnd), 'pipe', ...files],
      },
    );
    closeWriteEnds(pipes);
    for (const file of files) closeSync(file);
    let status = '';
    let complaint = '';
    let killed = false;
    let exceeded = false;
    const kill = () => {
      killed = true;
      child.kill('SIGKILL');
    };
    const [stdout, stderr] = pipes.map((pipe) => pipe.stream);
    stdout?.on('data', launch.stdout);
    stderr?.on('data', (chunk: Buffer) => {
      if (complaint.length < 2000) complaint += chunk.toString();
      launch.stderr(chunk);
    });
    const ended = Promise.all(pipes.map(({ stream }) => once(stream, 'close')));
    (child.stdio[3] as Readable).on('data', (chunk: Buffer) => (status += chunk.toString()));
    child.stdin?.on('error', () => undefined).end(launch.stdin);
    const unwatch =
      controlGroup === undefined && child.pid !== undefined
        ? watchMemory(child.pid, limits.memoryBytes, () => {
            exceeded = true;
            kill();
          })
        : undefined;
    const exit = new Promise<{ exitCode: number; outOfMemory: boolean }>((resolve, reject) => {
      child.once('error', (error) => reject(new SandboxError(error.message, { cause: error })));
      // all ends of the pipes are closed: nothing of the command is left
      child.once('close', () => {
        unwatch?.();
        void (async () => {
          await ended;
          const kills = (await controlGroup?.outOfMemoryKills()) ?? 0;
          const outOfMemory = exceeded || kills > this.#kills;
          this.#kills = kills;
          const exitCode = /"exit-code": (\d+)/.exec(status)?.[1];
          if (exitCode !== undefined) resolve({ exitCode: Number(exitCode), outOfMemory });
          else if (killed || outOfMemory) resolve({ exitCode: 137, outOfMemory });
          else reject(new SandboxError(`bubblewrap did not run the command: ${complaint.trim()}`));
        })().catch(reject);
      });
    });
    return { exit, kill };
  }

  protected close(): Promise<void> {
    return this.#parts.close();
  }
}
