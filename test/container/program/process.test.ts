import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Program } from '../../../src/spec/program.ts';
import { program } from '../../cluster/embedded/processes/small-world.ts';
import { LocalPrograms, until } from './local-programs.ts';

let world: LocalPrograms;
beforeAll(async () => {
  world = await new LocalPrograms().open();
});
afterAll(async () => await world.close());

const slow = (rest: Partial<Program> = {}): Program =>
  program('slow', {
    shutdownMs: 8000,
    routes: [{ method: 'GET', path: '/slow', steps: [{ wait: 4000 }] }],
    ...rest,
  });

describe('a program as a process', () => {
  it('says every setting that is wrong and exits with 1', async () => {
    const settings = [
      { name: 'PAGE_SIZE', type: 'integer', summary: 'x', required: true },
      { name: 'DB_ADDRESS', type: 'address', summary: 'x', required: true },
    ] as const;
    const started = await world.start(program('picky', { settings: [...settings] }), { PAGE_SIZE: 'ten' });
    expect(await started.exited).toBe(1);
    expect(started.lines.map((line) => JSON.parse(line).msg)).toEqual([
      'invalid value for PAGE_SIZE: strconv.Atoi: parsing "ten": invalid syntax',
      'required environment variable DB_ADDRESS is not set',
    ]);
  });

  it('answers what is under way after SIGTERM, refuses what comes after it, and exits with 0', async () => {
    const started = await world.start(slow());
    await started.ready();
    const underWay = started.fetch('/slow');
    await until(async () =>
      /^http_server_active_requests 1$/m.test(await (await started.fetch('/metrics')).text()),
    );
    started.kill('SIGTERM');
    await until(async () => (await started.fetch('/readyz').catch(() => undefined))?.status === 503);
    await until(async () => (await started.fetch('/readyz').catch(() => 'refused')) === 'refused');
    expect((await underWay).status).toBe(200);
    expect(await started.exited).toBe(0);
    expect(started.lines.at(-1)).toContain('shutdown complete');
  });

  it('ends with 143 when it is told to before it serves', async () => {
    const started = await world.start(slow({ startupMs: 60_000 }));
    await until(() => started.lines.length > 0);
    started.kill('SIGTERM');
    expect(await started.exited).toBe(143);
  });

  it('ends with 1 when its port is taken', async () => {
    const first = await world.start(slow());
    await first.ready();
    const second = await world.start(slow(), {}, first.port);
    expect(await second.exited).toBe(1);
    expect(second.lines.at(-1)).toContain('EADDRINUSE');
  });

  it('is not ready while what it needs cannot be reached, and says why', async () => {
    const started = await world.start(
      program('needy', {
        upstreams: [{ name: 'db', protocol: 'postgres', address: 'db.invalid:5432', pool: { max: 2 } }],
        readyNeeds: ['db'],
      }),
    );
    await started.ready();
    expect((await started.fetch('/readyz')).status).toBe(503);
    expect(JSON.parse(started.lines.at(-1) ?? '')).toMatchObject({
      level: 'WARN',
      msg: 'readiness check failed',
      upstream: 'db',
      error: expect.stringMatching(/lookup db.invalid on .*: (no such host|.*i\/o timeout)/),
    });
    await until(() => world.logs.some(({ body }) => body === 'readiness check failed'));
    expect(world.logs.find(({ body }) => body === 'readiness check failed')).toMatchObject({
      severity: 'WARN',
      resource: { 'service.name': 'needy', 'k8s.pod.name': 'needy-0', 'k8s.namespace.name': 'shop' },
    });
  });
});
