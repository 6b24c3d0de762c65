import { readdir, readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { PrerequisiteError, UserError } from '../../src/base/errors.ts';
import { type Sandbox, SandboxError, type SandboxSession } from '../../src/harness/sandbox/sandbox.ts';
import {
  attackLimits,
  attacks,
  createLargeBundle,
  createTarget,
  runAttack,
  type Target,
} from './sandbox-attacks.ts';

/** What every sandbox promises, and every attack on it. Skips itself, saying why, where it does not work. */
export async function sandboxConformance(sandbox: Sandbox): Promise<void> {
  const state = await sandbox.available();
  const label = `sandbox ${sandbox.name}`;
  if (!state.available) {
    describe(label, () => {
      it.skip(`does not work here: ${state.reason}`, () => undefined);
    });
    return;
  }
  describe(label, () => {
    let target: Target;
    let session: SandboxSession;
    beforeAll(async () => {
      target = await createTarget();
      session = await sandbox.start({
        publicDirectory: target.publicDirectory,
        limits: attackLimits,
        environment: { GREETING: 'hello world' },
      });
    });
    afterAll(async () => {
      await session.dispose();
      await target.dispose();
    });
    const run = (command: string, timeoutMs = 20_000) => session.run(command, { timeoutMs });

    it('shows the evidence at /data and starts in an empty, writable /work', async () => {
      const result = await run(
        'pwd; ls; cat /data/README.md; wc -l < /data/logs/a.log; echo "$GREETING"; echo oops >&2; exit 3',
      );
      expect(result).toMatchObject({
        exitCode: 3,
        stderr: 'oops\n',
        truncated: false,
        timedOut: false,
        outOfMemory: false,
      });
      expect(result.stdout.replaceAll(' ', '')).toBe('/work\nevidence\n3\nhelloworld\n');
    });

    it('shows no variable to other users of this machine', async () => {
      const running = run('sleep 0.5');
      await new Promise((resolve) => setTimeout(resolve, 250));
      const pids = (await readdir('/proc').catch(() => [])).filter((name) => /^\d+$/.test(name));
      const lines = pids.map((pid) => readFile(`/proc/${pid}/cmdline`, 'latin1').catch(() => ''));
      expect((await Promise.all(lines)).filter((line) => line.includes('hello world'))).toEqual([]);
      await running;
    });

    it('keeps files between commands, and nothing of the shell', async () => {
      await run('mkdir -p deep/er; echo 1 > deep/er/file; export X=1; cd /; f() { :; }');
      const result = await run('cat deep/er/file; pwd; echo "[$X]"');
      expect(result.stdout).toBe('1\n/work\n[]\n');
    });

    it('reads and writes files as data', async () => {
      const text = `${'line "with" $signs and ümlauts\n'.repeat(4000)}`;
      await session.writeFile('/work/new/folder/a b.txt', text);
      expect((await run('wc -l < "new/folder/a b.txt"')).stdout.trim()).toBe('4000');
      expect(Buffer.from((await session.readFile('new/folder/a b.txt', 1e7)) ?? []).toString()).toBe(text);
      expect((await session.readFile('/work/new/folder/a b.txt', 5))?.length).toBe(5);
      expect(await session.readFile('/work/none', 5)).toBeUndefined();
      expect(await session.readFile('/work/new', 5)).toBeUndefined();
      await expect(session.writeFile('/data/README.md', 'x')).rejects.toThrow(SandboxError);
    });

    it('has the tools that an analysis needs', async () => {
      const result = await run(
        `printf 'b 2\\na 1\\n' | sort | awk '{s+=$2} END {print s}'; echo '{"a":[1,2]}' | jq -c .a; grep -c t /data/logs/a.log; sed -n 2p /data/logs/a.log; echo e > /dev/stderr`,
      );
      expect(result).toMatchObject({ stdout: '3\n[1,2]\n2\ntwo\n', stderr: 'e\n' });
    });

    it('cuts the middle out of long output', async () => {
      const result = await session.run('seq 100000; seq 100000 >&2', {
        timeoutMs: 20_000,
        outputLimit: 1000,
      });
      expect(result.truncated).toBe(true);
      for (const text of [result.stdout, result.stderr]) {
        expect(text.length).toBeLessThan(1100);
        expect(text).toMatch(/^1\n2\n.*left out.*\n100000\n$/s);
      }
    });

    it('takes a command of 300 kB, and answers one with a zero byte', async () => {
      const result = await run(
        `cat > long.txt <<'END'\n${'a line of text\n'.repeat(20_000)}END\nwc -l < long.txt`,
      );
      expect(result.stdout.trim()).toBe('20000');
      expect((await run('echo a\0b')).timedOut).toBe(false);
      expect((await run('echo on')).stdout).toBe('on\n');
    });

    it('has an empty standard input', async () => {
      expect((await run('cat; echo done', 5000)).stdout).toBe('done\n');
    });

    it('keeps what was written before the time limit, and stops on a signal', async () => {
      const result = await run('echo before; while true; do sleep 1; done', 1000);
      expect(result).toMatchObject({ exitCode: 124, timedOut: true, outOfMemory: false });
      if (sandbox.name !== 'virtual') expect(result.stdout).toBe('before\n');
      const controller = new AbortController();
      const stopped = session.run('while true; do sleep 1; done', {
        timeoutMs: 20_000,
        signal: controller.signal,
      });
      setTimeout(() => controller.abort(new Error('enough')), 300);
      await expect(stopped).rejects.toThrow('enough');
      expect((await run('echo on')).stdout).toBe('on\n');
    });

    it('runs one command after the other, whatever they are asked together', async () => {
      const results = await Promise.all(
        [1, 2, 3].map((n) => run(`echo ${n} >> order; sleep 0.1; cat order`)),
      );
      expect(results.map(({ stdout }) => stdout)).toEqual(['1\n', '1\n2\n', '1\n2\n3\n']);
    });

    it('ends for good, also twice and while a command runs', async () => {
      const short = await sandbox.start({ publicDirectory: target.publicDirectory });
      const running = short.run('sleep 30', { timeoutMs: 30_000 });
      setTimeout(() => void short.dispose(), 200);
      await running.catch((error: unknown) => expect(error).toBeInstanceOf(SandboxError));
      await short.dispose();
      await short.dispose();
      await expect(short.run('true', { timeoutMs: 1000 })).rejects.toThrow(SandboxError);
    });

    it('searches a file of 256 MiB, or refuses it', async () => {
      const publicDirectory = await createLargeBundle(target.bundle, 256 * 1024 ** 2);
      const searching = async () => {
        await using large = await sandbox.start({ publicDirectory, limits: attackLimits });
        return await large.run('grep -n needle /data/big.log | cut -d: -f2; tail -c 8 /data/big.log', {
          timeoutMs: 60_000,
        });
      };
      if (sandbox.name === 'virtual') await expect(searching()).rejects.toThrow(UserError);
      else expect(await searching()).toMatchObject({ exitCode: 0, stdout: 'needle\n\nneedle\n' });
    });

    it('lets through to the hosts of a list and nothing else, or refuses', async () => {
      const { publicDirectory } = target;
      if (sandbox.name === 'bubblewrap') return allowListConformance(sandbox, publicDirectory);
      await expect(sandbox.start({ publicDirectory, allowHosts: ['api.example.com'] })).rejects.toThrow(
        PrerequisiteError,
      );
    });

    for (const attack of attacks)
      it(`holds against: ${attack.name}`, async () => {
        const verdict = await runAttack(attack, sandbox, target);
        if (
          attack.knownLimits?.[sandbox.name] === undefined &&
          !(typeof verdict === 'object' && 'notApplicable' in verdict)
        )
          expect(verdict).toBe('held');
      });
  });
}

async function allowListConformance(sandbox: Sandbox, publicDirectory: string): Promise<void> {
  const servers = await Promise.all(
    ['allowed', 'forbidden'].map(async (word) => {
      const server = createServer((_, response) => response.end(`the ${word} answer`));
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
      const address = server.address();
      return { server, port: typeof address === 'object' && address ? address.port : 0 };
    }),
  );
  const [allowed, forbidden] = servers.map(({ port }) => port);
  {
    await using session = await sandbox.start({
      publicDirectory,
      limits: attackLimits,
      allowHosts: [`127.0.0.1:${allowed}`],
    });
    const tunnel = (host: string) =>
      `exec 3<>/dev/tcp/127.0.0.1/3128; printf 'CONNECT ${host} HTTP/1.1\\r\\n\\r\\nGET / HTTP/1.0\\r\\n\\r\\n' >&3; cat <&3`;
    const plain = (url: string) =>
      `exec 3<>/dev/tcp/127.0.0.1/3128; printf 'GET ${url} HTTP/1.0\\r\\n\\r\\n' >&3; cat <&3`;
    const ask = async (command: string) =>
      (await session.run(`timeout 5 bash -c "${command}"; true`, { timeoutMs: 10_000 })).stdout;
    expect(await ask(tunnel(`127.0.0.1:${allowed}`))).toMatch(/200 Connection.*the allowed answer/s);
    expect(await ask(plain(`http://127.0.0.1:${allowed}/`))).toMatch(/the allowed answer/);
    for (const host of [`127.0.0.1:${forbidden}`, 'localhost:22', '[::1]:22', 'example.com:443'])
      expect(await ask(tunnel(host))).toMatch(/403/);
    expect(await ask(plain(`http://127.0.0.1:${forbidden}/`))).toMatch(/403/);
    expect(await ask(`exec 3<>/dev/tcp/127.0.0.1/${allowed}; cat <&3`)).toBe('');
    expect((await session.run('echo $HTTPS_PROXY', { timeoutMs: 5000 })).stdout).toBe(
      'http://127.0.0.1:3128\n',
    );
  }
  for (const { server } of servers) server.close();
}
