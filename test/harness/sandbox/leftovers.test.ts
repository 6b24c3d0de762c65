import { spawn } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { loadSandbox } from '../../../src/harness/sandbox/index.ts';

const index = join(import.meta.dirname, '../../../src/harness/sandbox/index.ts');

/** Nobody can tidy up after a kill -9: what a session holds must end by itself. */
for (const name of ['docker', 'bubblewrap']) {
  const state = await (await loadSandbox(name)).available();
  describe(`after kill -9 of the harness, ${name}`, () => {
    it.skipIf(!state.available)(
      `leaves nothing running${state.available ? '' : ` (skipped: ${state.reason})`}`,
      async () => {
        const directory = await mkdtemp(join(tmpdir(), 'leftovers-'));
        await writeFile(join(directory, 'README.md'), 'evidence');
        const seconds = String(700_000 + process.pid);
        const program = `
          const { loadSandbox } = await import(${JSON.stringify(index)});
          const session = await (await loadSandbox('${name}')).start({ publicDirectory: ${JSON.stringify(directory)} });
          void session.run('setsid sleep ${seconds} & sleep ${seconds}', { timeoutMs: 100000 });
          setTimeout(() => console.log('running'), 1000);
          setTimeout(() => {}, 100000);`;
        const child = spawn(process.execPath, ['--input-type=module', '--eval', program], {
          stdio: ['ignore', 'pipe', 'inherit'],
        });
        await new Promise((resolve) => child.stdout.once('data', resolve));
        expect(await running(seconds)).toBeGreaterThan(0);
        child.kill('SIGKILL');
        for (let attempt = 0; attempt < 100 && (await running(seconds)) > 0; attempt++) await sleep(100);
        expect(await running(seconds)).toBe(0);
        await rm(directory, { recursive: true });
      },
    );
  });
}

async function running(argument: string): Promise<number> {
  let count = 0;
  for (const pid of (await readdir('/proc')).filter((entry) => /^\d+$/.test(entry))) {
    const line = await readFile(`/proc/${pid}/cmdline`, 'latin1').catch(() => '');
    if (line.split('\0').includes(argument)) count++;
  }
  return count;
}
