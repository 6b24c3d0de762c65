import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bundleProgram } from '../../../src/cluster/kind/bundle-programs.ts';
import { program } from '../../cluster/embedded/processes/small-world.ts';
import { docker, presentImage } from './docker.ts';

const image = await presentImage('offline/node:24', 'node:24-bookworm-slim');

describe.skipIf(image === undefined)('a program in a container', () => {
  let folder: string;
  const started: string[] = [];
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'memory-'));
    const needy = program('needy', {
      startupMs: 1000,
      memory: { baseMiB: 150, cacheMiB: 100, cacheFillMs: 3000 },
    });
    await writeFile(join(folder, 'program.json'), JSON.stringify({ program: needy, release: '1' }));
    await writeFile(join(folder, 'program.mjs'), await bundleProgram('program'), { mode: 0o644 });
    await chmod(folder, 0o755);
  });
  afterAll(async () => {
    if (started.length > 0) await docker('rm', '-f', ...started);
    await rm(folder, { recursive: true });
  });

  const start = async (memory: string): Promise<string> => {
    const id = await docker(
      ...[
        'run',
        '-d',
        '--label',
        process.env['CULPRIT_TEST_LABEL'] ?? 'culprit-test',
        '--user',
        '10001',
        '--read-only',
        '--memory',
        memory,
        '--memory-swap',
        memory,
      ],
      ...['-v', `${folder}:/app:ro`, image ?? '', 'node', '--max-semi-space-size=1', '/app/program.mjs'],
    );
    started.push(id);
    return id;
  };

  it.each(['120m', '200m'])(
    'is killed by the kernel when its limit of %s is below its need',
    async (limit) => {
      const id = await start(limit);
      // Docker's own OOMKilled flag comes by an event that may be late; nobody but the kernel sends SIGKILL here.
      expect(await docker('wait', id)).toBe('137');
      expect(await docker('logs', id)).toContain('"msg":"starting"');
    },
  );

  it('runs on within a limit above its need, as large as its description says', async () => {
    const id = await start('300m');
    let largest = 0;
    for (let i = 0; i < 20 && largest < 240; i++) {
      await new Promise((resolve) => setTimeout(resolve, 500));
      const text = await docker('exec', id, 'cat', '/proc/1/status');
      largest = Math.max(largest, Number(/^RssAnon:\s+(\d+)/m.exec(text)?.[1] ?? 0) / 1024);
    }
    expect(largest).toBeGreaterThan(240);
    expect(await docker('inspect', '-f', '{{.State.Running}}', id)).toBe('true');
  });
});
