import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, lstatSync, readdirSync, readlinkSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { inodeLimit } from '../limits.ts';
import { SandboxError, type SandboxLimits, sandboxPaths } from '../sandbox.ts';

/** Where the prepared file tree stands in the holder; commands get it as their root. */
export const preparedRoot = '/r';

/** Whom commands run as inside. */
export const insideId = '65534';

const passwd = `root:x:0:0:root:/:/usr/sbin/nologin\nuser:x:${insideId}:${insideId}:user:${sandboxPaths.work}:/bin/bash\n`;
const group = `root:x:0:\nuser:x:${insideId}:\n`;

/**
 * A process that keeps a session's namespaces alive: the file tree (evidence read-only, a work folder of limited
 * size, the host's programs), no network, its own host name. Nothing of the agent runs in it. It ends when its input
 * ends, that is with us at the latest, and the kernel then drops everything that was written.
 */
export class Holder {
  readonly pid: number;
  readonly #child: ChildProcess;

  private constructor(pid: number, child: ChildProcess) {
    this.pid = pid;
    this.#child = child;
  }

  /** `owner`: host user id of the commands; undefined: our own, in a user namespace of the holder's. */
  static async start(
    evidence: string,
    limits: Required<SandboxLimits>,
    owner: number | undefined,
  ): Promise<Holder> {
    const prepare = [
      'mount -t tmpfs -o "size=$1,nr_inodes=$2,mode=0755,nosuid,nodev" tmpfs /space || exit 1',
      'mkdir -m 0700 /space/work && mkdir -m 1777 /space/tmp /space/shm || exit 1',
      `printf %s "$4" > ${preparedRoot}/etc/passwd && printf %s "$5" > ${preparedRoot}/etc/group || exit 1`,
      // copied, not mounted: every mount costs each command a little
      `cp -a /etc/alternatives /etc/ld.so.cache ${preparedRoot}/etc/ 2>/dev/null`,
      '[ -z "$3" ] || chown "$3:$3" /space/work || exit 1',
      `mount --bind /space/work ${preparedRoot}${sandboxPaths.work} || exit 1`,
      `mount --bind /space/tmp ${preparedRoot}/tmp && mount --bind /space/shm ${preparedRoot}/dev/shm || exit 1`,
      `mount -o remount,bind,ro,nosuid,nodev ${preparedRoot} || exit 1`,
      `mount -o remount,bind,ro,nosuid ${preparedRoot}/dev || exit 1`,
      'echo "ready $$"',
      'read -r line', // forever
    ].join('\n');
    const arguments_ = [
      ...(owner === undefined ? ['--unshare-user', '--uid', '0', '--gid', '0'] : []),
      ...['--unshare-net', '--unshare-ipc', '--unshare-uts', '--hostname', 'host'],
      ...[
        '--cap-add',
        'ALL',
        '--die-with-parent',
        '--clearenv',
        '--setenv',
        'PATH',
        '/usr/sbin:/usr/bin:/sbin:/bin',
      ],
      ...programs(''),
      ...['--bind', '/proc', '/proc', '--dev', '/dev', '--dir', '/space', '--dir', '/tmp'],
      ...['--dir', preparedRoot, '--tmpfs', preparedRoot, '--dev', `${preparedRoot}/dev`],
      ...programs(preparedRoot),
      ...hidden().flatMap((path) => [
        '--tmpfs',
        `${preparedRoot}${path}`,
        '--remount-ro',
        `${preparedRoot}${path}`,
      ]),
      ...['proc', 'work', 'tmp', 'etc'].flatMap((name) => ['--dir', `${preparedRoot}/${name}`]),
      ...['/etc/alternatives', '/etc/ld.so.cache'].flatMap((path) => ['--ro-bind-try', path, path]),
      ...['--ro-bind', evidence, `${preparedRoot}${sandboxPaths.data}`],
      ...['--', '/bin/bash', '-c', prepare, 'bash'],
      ...[
        String(limits.diskBytes),
        String(inodeLimit),
        owner === undefined ? '' : String(owner),
        passwd,
        group,
      ],
    ];
    const child = spawn('bwrap', arguments_, { stdio: ['pipe', 'pipe', 'pipe'], env: hostEnvironment() });
    child.stdin.on('error', () => undefined);
    const pid = await ready(child);
    return new Holder(pid, child);
  }

  /** Ends it and waits until it is gone. */
  async stop(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const gone = new Promise((resolve) => this.#child.once('close', resolve));
    this.#child.kill('SIGKILL');
    await gone;
  }
}

/** The environment of our own processes outside: an agent sees none of it, and it holds nothing. */
export function hostEnvironment(): NodeJS.ProcessEnv {
  return { PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin' };
}

function ready(child: ChildProcess): Promise<number> {
  return new Promise((resolve, reject) => {
    let output = '';
    let errors = '';
    const fail = (why: string) => {
      clearTimeout(timer);
      child.kill('SIGKILL');
      reject(new SandboxError(`bubblewrap could not prepare the sandbox: ${errors.trim() || why}`));
    };
    const timer = setTimeout(() => fail('it took longer than 30 s'), 30_000);
    child.once('error', (error) => fail(error.message));
    child.once('close', (code) => fail(`exit code ${code}`));
    child.stderr?.on('data', (chunk: Buffer) => (errors = (errors + chunk.toString()).slice(-2000)));
    child.stdout?.on('data', (chunk: Buffer) => {
      output = (output + chunk.toString()).slice(-200);
      const pid = /^ready (\d+)$/m.exec(output)?.[1];
      if (pid === undefined) return;
      clearTimeout(timer);
      child.removeAllListeners('close');
      resolve(Number(pid));
    });
  });
}

/** The host's programs and libraries, read-only, below `root`. */
function programs(root: string): string[] {
  const top = ['/bin', '/sbin', '/lib', '/lib32', '/lib64', '/libx32'].filter(existsSync);
  return [
    ...['--ro-bind', '/usr', `${root}/usr`],
    ...top.flatMap((path) =>
      lstatSync(path).isSymbolicLink()
        ? ['--symlink', readlinkSync(path), `${root}${path}`]
        : ['--ro-bind', path, `${root}${path}`],
    ),
    ...(existsSync('/nix/store') ? ['--ro-bind', '/nix/store', `${root}/nix/store`] : []),
  ];
}

/** Folders among the host's programs that could hold this project, with its scorers and scenarios, or other sources. */
function hidden(): string[] {
  const own = packageRoot();
  return [
    ...[
      '/usr/lib/node_modules',
      '/usr/local/lib/node_modules',
      '/usr/share/nodejs',
      '/usr/src',
      '/usr/local/src',
    ],
    ...(own.startsWith('/usr/') ? [own] : []),
  ].filter(
    (path, index, all) =>
      existsSync(path) &&
      readdirSync(path).length > 0 &&
      !all.slice(0, index).some((other) => path === other || path.startsWith(`${other}/`)),
  );
}

function packageRoot(): string {
  let directory = import.meta.dirname;
  while (directory !== dirname(directory) && !existsSync(join(directory, 'package.json')))
    directory = dirname(directory);
  return resolve(directory);
}
