import { randomBytes } from 'node:crypto';
import { type Duplex, PassThrough } from 'node:stream';
import type { getContainerRuntimeClient } from 'testcontainers';
import { PrerequisiteError } from '../../../base/errors.ts';
import { baseEnvironment, resolveLimits } from '../limits.ts';
import { type Launch, ProcessSession, type Running } from '../process-session.ts';
import { refuseNetwork } from '../refuse-network.ts';
import {
  type Sandbox,
  type SandboxAvailability,
  SandboxError,
  type SandboxTask,
  sandboxPaths,
} from '../sandbox.ts';
import { type StagedEvidence, stageEvidence } from '../stage-evidence.ts';
import { buildCommand, imageName } from './image.ts';

/** A container per sample, from the project's own image. */
export const docker: Sandbox = {
  name: 'docker',
  summary: "a container per sample from the project's image, without network and rights",
  isolated: true,
  provides: 'bash, coreutils, find, ripgrep, jq, sqlite3 and Python 3 with pandas and numpy',
  limitations: [
    'The daemon must run on this machine: the evidence is mounted, not copied.',
    'The agent sees facts about the machine that the kernel shows everybody, and paths of the daemon (its layers and container id) in /proc/self/mountinfo.',
    'Separation is as good as the kernel, runc and the seccomp profile of the daemon.',
    'There is no network in it, not even an allow-list of hosts.',
    'Background processes end with the command that started them.',
  ],
  available: probe,
  start,
};

type Daemon = Awaited<ReturnType<typeof getContainerRuntimeClient>>['container']['dockerode'];
type Container = ReturnType<Daemon['getContainer']>;
type Exec = Awaited<ReturnType<Container['exec']>>;

async function client(): Promise<Daemon> {
  // half a second to load, and not wanted by those who use another sandbox
  const { getContainerRuntimeClient } = await import('testcontainers');
  return (await getContainerRuntimeClient()).container.dockerode;
}

async function probe(): Promise<SandboxAvailability> {
  let daemon: Daemon;
  try {
    daemon = await client();
  } catch (error) {
    return {
      available: false,
      reason: `no container runtime answers: ${(error as Error).message}`,
      hint: 'start Docker (or Podman, with DOCKER_HOST)',
    };
  }
  const image = imageName();
  try {
    await daemon.getImage(image).inspect();
  } catch {
    return { available: false, reason: `the image ${image} has not been built`, hint: buildCommand() };
  }
  const { ServerVersion, OperatingSystem } = (await daemon.info()) as {
    ServerVersion?: string;
    OperatingSystem?: string;
  };
  return { available: true, detail: `Docker ${ServerVersion} on ${OperatingSystem}, image ${image}` };
}

async function start(task: SandboxTask): Promise<DockerSession> {
  refuseNetwork('docker', task);
  const availability = await probe();
  if (!availability.available)
    throw new PrerequisiteError('no-docker', availability.reason, { hint: availability.hint });
  const evidence = await stageEvidence(task.publicDirectory);
  try {
    const { SandboxContainer } = await import('./container.ts');
    const started = await new SandboxContainer(
      imageName(),
      evidence.path,
      resolveLimits(task.limits),
    ).start();
    const container = (await client()).getContainer(started.getId());
    try {
      const keeper = await attach(container);
      await keeper.clear(); // the first word to the keeper, which waits for it only so long
      const session = new DockerSession(container, keeper, evidence, {
        ...baseEnvironment,
        ...task.environment,
      });
      return session;
    } catch (error) {
      await container.remove({ force: true }).catch(() => undefined);
      throw error;
    }
  } catch (error) {
    await evidence.release();
    throw new SandboxError(`the container could not be started: ${(error as Error).message}`, {
      cause: error,
    });
  }
}

/** Our end of the keeper: a line in, a line out. */
interface Keeper {
  /** Kills everything in the container but the keeper; how often the kernel has killed for lack of memory. */
  clear(): Promise<number>;
  end(): void;
}

/** How long the keeper may take to answer on a busy machine. */
const keeperTimeoutMs = 20_000;

async function attach(container: Container): Promise<Keeper> {
  const stream = (await container.attach({
    stream: true,
    hijack: true,
    stdin: true,
    stdout: true,
    stderr: false,
  })) as unknown as Duplex;
  const output = new PassThrough();
  container.modem.demuxStream(stream, output, new PassThrough().resume());
  const waiting = new Map<string, (kills: number) => void>();
  let rest = '';
  output.on('data', (chunk: Buffer) => {
    const lines = (rest + chunk.toString()).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) {
      const [token = '', kills] = line.split(' ');
      waiting.get(token)?.(Number(kills));
      waiting.delete(token);
    }
  });
  stream.on('error', () => undefined);
  return {
    clear: () =>
      new Promise((resolve, reject) => {
        const token = randomBytes(8).toString('hex');
        const timer = setTimeout(() => {
          waiting.delete(token);
          reject(new SandboxError('the container does not answer any more'));
        }, keeperTimeoutMs);
        waiting.set(token, (kills) => {
          clearTimeout(timer);
          resolve(kills);
        });
        stream.write(`${token}\n`);
      }),
    end: () => stream.destroy(),
  };
}

class DockerSession extends ProcessSession {
  readonly #container: Container;
  readonly #keeper: Keeper;
  readonly #evidence: StagedEvidence;
  readonly #environment: readonly string[];
  #kills = 0;

  constructor(
    container: Container,
    keeper: Keeper,
    evidence: StagedEvidence,
    environment: Readonly<Record<string, string>>,
  ) {
    super();
    this.#container = container;
    this.#keeper = keeper;
    this.#evidence = evidence;
    this.#environment = Object.entries(environment).map(([name, value]) => `${name}=${value}`);
  }

  protected async launch(launch: Launch): Promise<Running> {
    const container = this.#container;
    const stdin = launch.stdin !== undefined;
    let killed = false;
    let broken: (error: unknown) => void = () => undefined;
    const clear = async (): Promise<number> => this.#keeper.clear();
    // the shell kills what it leaves behind itself, so that nothing keeps the output open; the keeper makes sure
    const script = 'exec 3>&2 2>/dev/null; bash -c "$@" 2>&3 3>&-; code=$?; kill -KILL -1; exit $code';
    const start = async (): Promise<{ exitCode: number; outOfMemory: boolean }> => {
      const exec = await container.exec({
        Cmd: ['/bin/bash', '-c', script, 'bash', launch.script, 'bash', ...launch.args],
        AttachStdin: stdin,
        AttachStdout: true,
        AttachStderr: true,
        WorkingDir: sandboxPaths.work,
        Env: [...this.#environment],
      });
      const stream = await exec.start({ hijack: true, stdin });
      const [stdout, stderr] = [new PassThrough(), new PassThrough()];
      container.modem.demuxStream(stream, stdout, stderr);
      stdout.on('data', launch.stdout);
      stderr.on('data', launch.stderr);
      if (stdin) stream.end(launch.stdin);
      await new Promise<void>((resolve, reject) => {
        broken = reject;
        stream.once('end', resolve);
        stream.once('close', resolve);
        stream.once('error', reject);
        // killed before it had begun
        if (killed) clear().catch(reject);
      });
      const [kills, exitCode] = await Promise.all([clear(), exitCodeOf(exec)]);
      const outOfMemory = kills > this.#kills;
      this.#kills = kills;
      return { exitCode, outOfMemory };
    };
    const exit = start().catch((error: unknown) => {
      throw error instanceof SandboxError
        ? error
        : new SandboxError(`the command could not be run in the container: ${(error as Error).message}`, {
            cause: error,
          });
    });
    return {
      exit,
      kill: () => {
        killed = true;
        clear().catch((error: unknown) => broken(error));
      },
    };
  }

  protected async close(): Promise<void> {
    this.#keeper.end();
    await this.#container.remove({ force: true }).catch((error: { statusCode?: number }) => {
      // it may have removed itself already, or be about to
      if (error.statusCode !== 404 && error.statusCode !== 409) throw error;
    });
    await this.#evidence.release();
  }
}

async function exitCodeOf(exec: Exec): Promise<number> {
  // the daemon closes the output a moment before it records the end
  for (let attempt = 0; attempt < 200; attempt++) {
    const { Running, ExitCode } = await exec.inspect();
    if (!Running && ExitCode !== null) return ExitCode;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  throw new SandboxError('the daemon does not tell how the command ended');
}
