import { randomBytes } from 'node:crypto';
import { appendFile, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:net';
import { networkInterfaces, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { UserError } from '../../src/base/errors.ts';
import {
  type CommandResult,
  type Sandbox,
  type SandboxLimits,
  type SandboxSession,
  sandboxPaths,
} from '../../src/harness/sandbox/sandbox.ts';

/** What attacks look for: on this machine, outside every sandbox. */
export interface Target {
  readonly bundle: string;
  readonly publicDirectory: string;
  readonly hostFile: string;
  readonly project: string;
  readonly port: number;
  readonly abstractSocket: string;
  /** Words that must never come out of a sandbox. */
  readonly secrets: Readonly<Record<'private' | 'host' | 'environment' | 'network' | 'other', string>>;
  connections(): number;
  dispose(): Promise<void>;
}

/** `held`; or what the attacker got. `not applicable` where the sandbox has no such thing at all. */
export type Verdict = 'held' | { readonly got: string } | { readonly notApplicable: string };

export interface Attack {
  readonly name: string;
  /** It only looks: may be tried where nothing is isolated, to show that it would succeed there. */
  readonly looksOnly?: boolean;
  /** Sandboxes where it is known to succeed, with the reason: a limit that is told, not a defect that is found. */
  readonly knownLimits?: Readonly<Record<string, string>>;
  run(context: AttackContext): Promise<Verdict>;
}

export interface AttackContext {
  readonly sandbox: Sandbox;
  readonly target: Target;
  /** A session with small limits; fresh for every attack. */
  readonly session: SandboxSession;
}

/** Always set before anything that eats resources is tried. */
export const attackLimits: SandboxLimits = {
  memoryBytes: 256 * 1024 ** 2,
  diskBytes: 32 * 1024 ** 2,
  processes: 64,
  cpus: 1,
};

export async function createTarget(): Promise<Target> {
  const mark = (kind: string) => `${kind}-${randomBytes(8).toString('hex')}`;
  const secrets = {
    private: mark('private'),
    host: mark('host'),
    environment: mark('environment'),
    network: mark('network'),
    other: mark('other'),
  };
  const root = await mkdtemp(join(tmpdir(), 'attack-target-'));
  const bundle = join(root, mark('task'));
  const publicDirectory = join(bundle, 'public');
  await mkdir(join(publicDirectory, 'logs'), { recursive: true });
  await mkdir(join(bundle, 'private'));
  await writeFile(join(publicDirectory, 'README.md'), 'evidence\n');
  await writeFile(join(publicDirectory, 'logs', 'a.log'), 'one\ntwo\nthree\n');
  await writeFile(join(bundle, 'private', 'ground-truth.yaml'), `${secrets.private}\n`);
  const hostFile = join(root, 'host-file');
  await writeFile(hostFile, `${secrets.host}\n`);
  process.env['ATTACK_TARGET_API_KEY'] = secrets.environment;
  let connections = 0;
  const serve = (): Server =>
    createServer((socket) => {
      connections++;
      socket.on('error', () => undefined);
      socket.end(`${secrets.network}\n`);
    });
  const [tcp, unix] = [serve(), serve()];
  await new Promise<void>((resolve) => tcp.listen(0, '0.0.0.0', resolve));
  const abstractSocket = mark('socket');
  if (process.platform === 'linux')
    await new Promise<void>((resolve) => unix.listen(`\0${abstractSocket}`, resolve));
  const address = tcp.address();
  return {
    bundle,
    publicDirectory,
    hostFile,
    project: join(import.meta.dirname, '../..'),
    port: typeof address === 'object' && address ? address.port : 0,
    abstractSocket,
    secrets,
    connections: () => connections,
    dispose: async () => {
      delete process.env['ATTACK_TARGET_API_KEY'];
      tcp.close();
      unix.close();
      await rm(root, { recursive: true, force: true });
    },
  };
}

/** Runs every attack, each on a session of its own. */
export async function runAttack(attack: Attack, sandbox: Sandbox, target: Target): Promise<Verdict> {
  await using session = await sandbox.start({
    publicDirectory: target.publicDirectory,
    limits: attackLimits,
  });
  return await attack.run({ sandbox, target, session });
}

const timeoutMs = 20_000;

/** An attack that is a shell script; it held if none of our secrets came out and `unless` does not match. */
function script(
  name: string,
  command: (target: Target) => string,
  options: { unless?: RegExp; looksOnly?: boolean; knownLimits?: Attack['knownLimits'] } = {},
): Attack {
  return {
    name,
    ...(options.looksOnly && { looksOnly: true }),
    ...(options.knownLimits && { knownLimits: options.knownLimits }),
    run: async ({ target, session }) => {
      const result = await session.run(command(target), { timeoutMs });
      const match = options.unless?.exec(result.stdout);
      if (match) return { got: match[0] };
      return leak(result, target) ?? 'held';
    },
  };
}

function leak(result: CommandResult, target: Target): Verdict | undefined {
  for (const [kind, secret] of Object.entries(target.secrets))
    if (result.stdout.includes(secret) || result.stderr.includes(secret))
      return { got: `the ${kind} secret` };
  return undefined;
}

/** Whether a process with this argument runs on this machine; undefined where that cannot be seen. */
async function hostProcesses(argument: string): Promise<number | undefined> {
  if (process.platform !== 'linux') return undefined;
  let count = 0;
  for (const pid of (await readdir('/proc')).filter((name) => /^\d+$/.test(name))) {
    const line = await readFile(`/proc/${pid}/cmdline`, 'latin1').catch(() => '');
    if (line.split('\0').includes(argument)) count++;
  }
  return count;
}

async function goneFromHost(argument: string): Promise<boolean> {
  for (let attempt = 0; attempt < 20; attempt++) {
    if (((await hostProcesses(argument)) ?? 0) === 0) return true;
    await sleep(100);
  }
  return false;
}

async function evidenceIsUnchanged({ target, session }: AttackContext): Promise<Verdict> {
  const readme = await readFile(join(target.publicDirectory, 'README.md'), 'utf8').catch(() => 'gone');
  const names = (await readdir(target.publicDirectory)).join(' ');
  if (readme !== 'evidence\n' || names !== 'README.md logs')
    return { got: 'the evidence on the host changed' };
  const inside = await session.readFile(`${sandboxPaths.data}/README.md`, 100);
  return Buffer.from(inside ?? []).toString() === 'evidence\n'
    ? 'held'
    : { got: 'the evidence inside changed' };
}

/** Whether the session still does what it should. */
async function stillWorks(session: SandboxSession): Promise<Verdict> {
  const result = await session.run('echo works', { timeoutMs });
  return result.stdout === 'works\n' && result.exitCode === 0
    ? 'held'
    : { got: `the next command gave ${JSON.stringify(result.stdout + result.stderr).slice(0, 200)}` };
}

async function hasProcesses(session: SandboxSession): Promise<boolean> {
  return (await session.run('[ -e /proc/self/mountinfo ]', { timeoutMs })).exitCode === 0;
}

const noProcesses: Verdict = { notApplicable: 'there are no processes in it' };

export const attacks: readonly Attack[] = [
  script(
    'private/ by .. and by search',
    ({ bundle }) =>
      `cat /data/../private/* ../private/* /data/../../*/private/* ${bundle}/private/* 2>/dev/null; ls -R /data/.. 2>/dev/null | grep -i truth; find / -xdev -name 'ground-truth*' 2>/dev/null`,
    { unless: /ground-truth/, looksOnly: true },
  ),
  script(
    'host files by absolute path',
    ({ hostFile }) =>
      `cat ${hostFile} /proc/1/root${hostFile} /proc/self/cwd/../../../..${hostFile}; for p in /proc/[0-9]*; do cat $p/root${hostFile} $p/cwd${hostFile}; done; cat /etc/shadow ~root/.ssh/* /root/.netrc /home/*/.aws/credentials`,
    { unless: /root:[^x*!:]|BEGIN .*KEY/ },
  ),
  script(
    'host files by searching every folder',
    ({ secrets }) =>
      `timeout 15 grep -rsl '${secrets.host.slice(0, 8)}${secrets.host.slice(8)}' /home /root /tmp /work /data /etc /var /run /mnt /media /opt /srv /boot /space /r 2>/dev/null`,
    { unless: /host-file/ },
  ),
  script(
    'environment variables and keys',
    () => `env; set; cat /proc/self/environ /proc/[0-9]*/environ | tr '\\0' '\\n'`,
    {
      unless: /API_KEY|TOKEN=|SECRET/,
    },
  ),
  {
    name: 'descriptors inherited from the harness',
    run: async ({ session }) => {
      if (!(await hasProcesses(session))) return noProcesses;
      const { stdout } = await session.run('cd /proc/self/fd && for n in *; do [ -e $n ] && echo $n; done', {
        timeoutMs,
      });
      const more = stdout
        .trim()
        .split('\n')
        .filter((name) => Number(name) > 2);
      // the shell's own, to list the folder, is gone again when it is looked at
      return more.length === 0 ? 'held' : { got: `descriptors ${more.join(' ')}` };
    },
  },
  {
    name: 'network: loopback, the host, the internet',
    looksOnly: true,
    run: async ({ session, target }) => {
      const before = target.connections();
      const hosts = ['127.0.0.1', '169.254.169.254', '172.17.0.1', '1.1.1.1'];
      for (const addresses of Object.values(networkInterfaces()))
        for (const { address, family } of addresses ?? []) if (family === 'IPv4') hosts.push(address);
      const tries = [...new Set(hosts)].flatMap((host) => [
        `timeout 2 bash -c 'exec 3<>/dev/tcp/${host}/${target.port} && echo CONNECTED && cat <&3'`,
        `timeout 2 curl -s --max-time 2 http://${host}:${target.port}/ && echo CONNECTED`,
      ]);
      tries.push(
        `timeout 2 bash -c 'exec 3<>/dev/tcp/1.1.1.1/443 && echo CONNECTED'`,
        `timeout 2 bash -c 'exec 3<>/dev/tcp/::1/${target.port} && echo CONNECTED'`,
      );
      const result = await session.run(tries.join('\n'), { timeoutMs: 60_000 });
      // a virtual shell makes a file of that name and says it worked
      const claims = result.stdout.includes('CONNECTED') && (await hasProcesses(session));
      if (claims || target.connections() > before) return { got: 'a connection' };
      return leak(result, target) ?? 'held';
    },
  },
  script(
    'DNS',
    () =>
      `timeout 5 getent hosts example.com && echo RESOLVED; timeout 5 python3 -c 'import socket; print("RESOLVED", socket.getaddrinfo("example.com", 80))'; [ -e /proc/self/mountinfo ] && timeout 3 bash -c 'echo q > /dev/udp/8.8.8.8/53' && echo SENT`,
    { unless: /RESOLVED|SENT/ },
  ),
  script(
    "the host's abstract Unix sockets",
    ({ abstractSocket }) =>
      `python3 -c 'import socket; s=socket.socket(socket.AF_UNIX); s.connect("\\0${abstractSocket}"); print(s.recv(100))'; ls /run/docker.sock /var/run/docker.sock 2>/dev/null`,
    { unless: /docker\.sock/, looksOnly: true },
  ),
  script(
    'vsock to the hypervisor',
    () => `python3 -c 'import socket; socket.socket(40, socket.SOCK_STREAM); print("OPENED")'`,
    {
      unless: /OPENED/,
      knownLimits: {
        docker:
          'vsock sockets can be made where the daemon is older than 23 (its seccomp profile allows them)',
      },
    },
  ),
  {
    name: 'another sample that runs at the same time',
    run: async ({ sandbox, session, target }) => {
      await using other = await sandbox.start({
        publicDirectory: target.publicDirectory,
        limits: attackLimits,
      });
      await other.writeFile('/work/mine', target.secrets.other);
      const running = other.run(`cp /work/mine /tmp/mine; sleep 3; cat /work/mine /tmp/mine`, { timeoutMs });
      await sleep(500);
      const result = await session.run(
        `kill -9 -1 2>/dev/null; cat /work/mine /tmp/mine /dev/shm/*; for p in /proc/[0-9]*; do cat $p/root/work/mine $p/root/tmp/mine $p/cwd/mine; done; echo bad > /tmp/mine; ipcs 2>/dev/null | grep 0x`,
        { timeoutMs },
      );
      const left = await running;
      if (left.stdout !== target.secrets.other.repeat(2)) return { got: 'the other sample was disturbed' };
      return leak(result, target) ?? 'held';
    },
  },
  script(
    'the scorer and the harness',
    ({ project }) =>
      `cat ${project}/package.json ${project}/src/scoring/*.ts 2>/dev/null; find / -xdev \\( -name average-precision.ts -o -name culprit -o -name 'process-session.*' \\) 2>/dev/null`,
    { unless: /culprit|process-session|average-precision/, looksOnly: true },
  ),
  {
    name: 'the answer as a link, a pipe or a device',
    run: async ({ session, target }) => {
      const { answer } = sandboxPaths;
      for (const trick of [
        `ln -sf ${target.hostFile} ${answer}`,
        `rm -f ${answer}; ln -s ${target.bundle}/private/ground-truth.yaml ${answer}`,
        `rm -f ${answer}; mkfifo ${answer}`,
        `rm -f ${answer}; ln -s /dev/zero ${answer}`,
        `rm -f ${answer}; mkdir ${answer}`,
      ]) {
        await session.run(trick, { timeoutMs });
        const content = await session.readFile(answer, 1000);
        if (content !== undefined && content.length > 0)
          return { got: `${content.length} bytes after: ${trick}` };
      }
      await session.run('ln -s / /work/up', { timeoutMs });
      const through = await session.readFile(`/work/up${target.hostFile}`, 1000);
      return through === undefined ? 'held' : { got: 'a file through a linked folder' };
    },
  },
  {
    name: 'a bundle with a link out of it',
    run: async ({ sandbox, target }) => {
      const other = join(target.bundle, 'linked', 'public');
      await mkdir(other, { recursive: true });
      await symlink('../../private/ground-truth.yaml', join(other, 'notes.md')).catch(() => undefined);
      try {
        await using session = await sandbox.start({ publicDirectory: other });
        const result = await session.run('cat /data/notes.md', { timeoutMs });
        return leak(result, target) ?? { got: 'a session on it' };
      } catch (error) {
        return error instanceof UserError ? 'held' : { got: String(error) };
      }
    },
  },
  {
    name: 'fork bomb',
    run: async ({ session }) => {
      await session.run('f() { f | f & }; f 2>/dev/null; sleep 2', { timeoutMs: 4000 });
      return stillWorks(session);
    },
  },
  {
    name: 'filling the disk',
    run: async ({ session }) => {
      const folders =
        '/work /tmp /dev/shm /var/tmp /run /home /data /dev /etc /usr / /root /opt /dev/mqueue /run/lock';
      const result = await session.run(
        `for d in ${folders}; do yes 0123456789 2>/dev/null | head -c 60000000 > $d/fill; done 2>/dev/null; for d in ${folders}; do [ -f $d/fill ] && wc -c < $d/fill; done 2>/dev/null; true`,
        { timeoutMs: 40_000 },
      );
      const written = result.stdout
        .trim()
        .split('\n')
        .reduce((sum, line) => sum + (Number(line) || 0), 0);
      // docker's shared memory is beside its disk limit
      if (written > (attackLimits.diskBytes ?? 0) + 17 * 1024 ** 2)
        return { got: `${written} bytes written` };
      await session.run('rm -f /work/fill /tmp/fill /dev/shm/fill', { timeoutMs });
      return stillWorks(session);
    },
  },
  {
    name: 'endless output',
    run: async ({ session }) => {
      const before = process.memoryUsage.rss();
      const result = await session.run('yes 0123456789abcdef', { timeoutMs: 2500 });
      const grown = process.memoryUsage.rss() - before;
      if (result.stdout.length > 21_000) return { got: `${result.stdout.length} characters` };
      if (grown > 400 * 1024 ** 2) return { got: `${Math.round(grown / 1024 ** 2)} MiB of our memory` };
      return stillWorks(session);
    },
  },
  {
    name: 'eating the memory (and told apart from a time-out)',
    run: async ({ session }) => {
      const result = await session.run('tail /dev/zero', { timeoutMs });
      if (result.exitCode === 0) return { got: 'all the memory it wanted' };
      if (result.timedOut) return { got: 'a time-out instead' };
      if (!result.outOfMemory && (await hasProcesses(session)))
        return { got: 'an end that is not told apart' };
      return stillWorks(session);
    },
  },
  {
    name: 'surviving the time limit',
    run: async ({ session }) => {
      const mark = `73${randomBytes(4).readUInt32BE()}`;
      const result = await session.run(
        `trap '' TERM INT HUP; (setsid sleep ${mark} &) ; (trap '' TERM; sleep ${mark}; sleep ${mark}) & while true; do sleep ${mark}; done`,
        { timeoutMs: 800 },
      );
      if (!result.timedOut || result.exitCode !== 124) return { got: `exit code ${result.exitCode}` };
      if (!(await goneFromHost(mark))) return { got: 'a process that runs on' };
      return stillWorks(session);
    },
  },
  {
    name: 'a command that never yields, and one that swells',
    run: async ({ session }) => {
      await session.writeFile('/work/earlier', 'kept');
      const busy = await session.run(`awk 'BEGIN { while (1) x++ }'; while true; do :; done`, {
        timeoutMs: 1000,
      });
      // a virtual shell counts its loops
      if (!busy.timedOut && (await hasProcesses(session))) return { got: `exit code ${busy.exitCode}` };
      const pattern = await session.run(
        `yes a | head -50000 | tr -d '\\n' | grep -cE '(a*)*(a*)*(a*)*b'; echo`,
        {
          timeoutMs: 1500,
        },
      );
      if (pattern.durationMs > 8000) return { got: `${pattern.durationMs} ms instead of 1500` };
      const swelling = await session.run('s=xxxxxxxx; while true; do s=$s$s; done', { timeoutMs: 10_000 });
      if (swelling.exitCode === 0) return { got: 'no end' };
      const kept = await session.readFile('/work/earlier', 10);
      return Buffer.from(kept ?? []).toString() === 'kept' ? stillWorks(session) : { got: 'a lost file' };
    },
  },
  {
    name: 'a background process that outlives its command and sample',
    run: async ({ session }) => {
      if (!(await hasProcesses(session))) return noProcesses;
      const mark = `74${randomBytes(4).readUInt32BE()}`;
      const result = await session.run(
        `setsid nohup sleep ${mark} & disown; (sleep ${mark} &); sleep 0.1; echo`,
        {
          timeoutMs: 5000,
        },
      );
      if (result.timedOut) return { got: 'a command that hangs on its background process' };
      await session.dispose();
      return (await goneFromHost(mark)) ? 'held' : { got: 'a process that runs on' };
    },
  },
  {
    name: 'writing to the evidence',
    run: async (context) => {
      await context.session.run(
        'echo bad > /data/README.md; touch /data/new; rm -rf /data/*; mv /data/README.md /data/x; chmod 777 /data /data/README.md; ln -s / /data/up; mkdir /data/logs/x; printf bad | tee /data/logs/a.log; sed -i s/e/x/ /data/README.md',
        { timeoutMs },
      );
      return evidenceIsUnchanged(context);
    },
  },
  {
    name: 'remounting the evidence',
    run: async (context) => {
      await context.session.run(
        [
          'mount -o remount,rw /data; mount -o remount,rw,bind /data; umount -l /data',
          'for u in "unshare -Urm" "unshare -rm" "bwrap --bind / / --"; do $u sh -c "mount -o remount,rw,bind /data; echo bad > /data/README.md; touch /data/new"; done',
          `python3 -c 'import ctypes; c=ctypes.CDLL(None, use_errno=True); c.unshare(0x10020000); c.mount(None, b"/data", None, 4096|32, None); c.mount(b"tmpfs", b"/data", b"tmpfs", 0, None)'`,
          'echo bad > /data/README.md; touch /data/new',
        ].join('\n'),
        { timeoutMs },
      );
      return evidenceIsUnchanged(context);
    },
  },
  {
    name: '/proc of other processes',
    looksOnly: true,
    run: async ({ session, target }) => {
      if (!(await hasProcesses(session))) return noProcesses;
      const result = await session.run(
        `for p in /proc/[0-9]*; do tr '\\0' ' ' < $p/cmdline; readlink $p/exe $p/cwd $p/root; echo; done 2>/dev/null; ls -d /proc/[0-9]* | wc -l; cat /proc/1/maps | head -1; ls /proc/1/fd /proc/1/task/1/fd; cat /proc/${process.pid}/cmdline`,
        { timeoutMs },
      );
      const count = Number(/^(\d+)$/m.exec(result.stdout)?.[1] ?? 0);
      if (/\bnode\b|vitest|dockerd|systemd/.test(result.stdout)) return { got: 'processes of the host' };
      return count > 12 ? { got: `${count} processes` } : (leak(result, target) ?? 'held');
    },
  },
  {
    name: 'host paths in mountinfo',
    run: async ({ session, target }) => {
      const { stdout } = await session.run(
        'cat /proc/self/mountinfo /proc/self/mounts /proc/mounts /proc/self/cgroup',
        {
          timeoutMs,
        },
      );
      const words = [target.bundle, target.project, 'attack-target', 'private', 'culprit', 'snapshots'];
      const word = words.find((each) => stdout.includes(each));
      return word === undefined ? 'held' : { got: word };
    },
  },
  {
    name: 'becoming root',
    run: async ({ session }) => {
      if (!(await hasProcesses(session))) return noProcesses;
      const { stdout } = await session.run(
        `for p in $(find / -xdev -perm /6000 -type f 2>/dev/null | head -40); do echo; done; su -c 'echo GOT' </dev/null; sudo -n echo GOT; python3 -c 'import os; os.setuid(0); print("GOT")'; unshare -Ur echo GOT; id -u; grep -E 'Cap(Prm|Eff|Amb|Bnd)|NoNewPrivs' /proc/self/status; ping -c1 -W1 127.0.0.1 >/dev/null 2>&1 && echo GOT`,
        { timeoutMs },
      );
      if (/GOT|^0$/m.test(stdout)) return { got: 'root' };
      if (!/CapEff:\s+0+$/m.test(stdout) || !/CapBnd:\s+0+$/m.test(stdout)) return { got: 'capabilities' };
      return /NoNewPrivs:\s+1/.test(stdout) ? 'held' : { got: 'new privileges' };
    },
  },
  {
    name: 'switches of the kernel, devices, cgroups',
    run: async ({ session }) => {
      const pattern = await readFile('/proc/sys/kernel/core_pattern', 'utf8').catch(() => '');
      const { stdout } = await session.run(
        [
          'for f in /proc/sys/kernel/core_pattern /proc/sys/kernel/modprobe /proc/sys/vm/drop_caches /proc/sysrq-trigger /sys/kernel/uevent_helper /proc/sys/fs/binfmt_misc/register; do cat $f > /tmp/value 2>/dev/null; (cat /tmp/value > $f) 2>/dev/null && echo "WROTE $f"; done',
          'for f in /dev/kmsg /dev/mem /dev/sda /dev/vda /dev/kvm /dev/fuse /dev/loop0; do (exec 3<$f) 2>/dev/null && echo "OPENED $f"; done',
          'mknod /tmp/disk b 254 0 2>/dev/null && (exec 3</tmp/disk) 2>/dev/null && echo "OPENED disk"',
          'd=$(find /sys/fs/cgroup -name release_agent -writable 2>/dev/null | head -1); [ -n "$d" ] && echo "WROTE $d"; mkdir /sys/fs/cgroup/*/escape 2>/dev/null && echo "WROTE cgroup"',
          'dmesg 2>/dev/null | head -1 | grep -q . && echo "OPENED kernel log"',
        ].join('\n'),
        { timeoutMs },
      );
      const after = await readFile('/proc/sys/kernel/core_pattern', 'utf8').catch(() => '');
      const match = /(?:WROTE|OPENED) .*/.exec(stdout);
      if (match && (await hasProcesses(session))) return { got: match[0] };
      return after === pattern ? 'held' : { got: 'a changed core pattern' };
    },
  },
  {
    name: 'killing the harness or what keeps the session',
    run: async ({ session }) => {
      await session.run(
        `for s in 15 1 2 3 10 12 18 19 9; do kill -$s 1 $PPID ${process.pid} ${process.ppid}; done 2>/dev/null; cat /proc/1/fd/0 < /dev/null & kill -9 -1`,
        { timeoutMs: 3000 },
      );
      return stillWorks(session);
    },
  },
  {
    name: 'poisoning later commands',
    run: async ({ session }) => {
      await session.run(
        `for f in .bashrc .profile .bash_profile .bash_login .bash_env; do echo 'echo POISON' > /work/$f; done; export BASH_ENV=/work/.bashrc; for c in head cat mkdir dirname bash; do printf '#!/bin/sh\\necho POISON\\n' > /work/$c; chmod +x /work/$c; done; cp /work/head /usr/bin/head; cp /work/head /usr/local/bin/head; rm -f /bin/bash`,
        { timeoutMs },
      );
      await session.writeFile('/work/sub/file', 'clean');
      const content = await session.readFile('/work/sub/file', 100);
      if (Buffer.from(content ?? []).toString() !== 'clean') return { got: 'a poisoned helper' };
      return stillWorks(session);
    },
  },
];

/** A bundle whose largest file has this many bytes; its last line holds `needle`. */
export async function createLargeBundle(directory: string, bytes: number): Promise<string> {
  const publicDirectory = join(directory, 'large', 'public');
  await mkdir(publicDirectory, { recursive: true });
  const file = join(publicDirectory, 'big.log');
  const block = Buffer.alloc(
    4 * 1024 ** 2,
    '2026-03-04T05:06:07Z a line of a log that says nothing at all\n',
  );
  await writeFile(file, '');
  for (let written = 0; written < bytes; written += block.length) await appendFile(file, block);
  await appendFile(file, '\nneedle\n');
  return publicDirectory;
}
