import { existsSync, readdirSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { buildScenario } from '../../src/author/build-scenario.ts';
import { BuildSession } from '../../src/author/build-session.ts';
import type { Cluster, ClusterProvider } from '../../src/cluster/cluster.ts';
import { EmbeddedCluster } from '../../src/cluster/embedded/embedded-cluster.ts';
import { World } from '../../src/cluster/embedded/world.ts';
import { readPrivate } from '../../src/snapshot/private/truth.ts';
import { verifyBundle } from '../../src/snapshot/verify-bundle.ts';
import type { ClusterProfile } from '../../src/spec/profile.ts';
import { smallScenario, temporaryFolder } from '../helpers/small-scenario.ts';

/** One cluster that is put back by every deploy and says it is real; underneath is virtual time. */
function pretendLive(log: string[]): ClusterProvider {
  return {
    name: 'kind',
    async provision(profile, { startMs }) {
      log.push('provision');
      let present = new EmbeddedCluster(new World({ profile, seed: 1, startMs }));
      const cluster: Cluster = {
        provider: 'kind',
        profile,
        clock: {
          nowMs: () => present.clock.nowMs(),
          advance: (ms) => present.clock.advance(ms),
          until: (...args) => present.clock.until(...args),
        },
        get kube() {
          return present.kube;
        },
        get prometheus() {
          return present.prometheus;
        },
        get telemetry() {
          return present.telemetry;
        },
        get nodes() {
          return present.nodes;
        },
        get load() {
          return present.load;
        },
        probe: async () => new Map([['network-policy', { works: false, detail: 'not enforced' }]]),
        async deploy(application, options) {
          log.push('deploy');
          present = new EmbeddedCluster(new World({ profile, seed: 1, startMs: present.clock.nowMs() }));
          await present.deploy(application, options);
        },
        async [Symbol.asyncDispose]() {
          log.push('dispose');
        },
      };
      return cluster;
    },
  };
}

describe('building on a real cluster', () => {
  let folder: Awaited<ReturnType<typeof temporaryFolder>>;
  let log: string[];
  let session: BuildSession;
  let profile: string;
  beforeEach(async () => {
    folder = await temporaryFolder();
    vi.stubEnv('XDG_STATE_HOME', join(folder.path, 'state'));
    log = [];
    session = new BuildSession(async () => pretendLive(log));
    profile = join(folder.path, 'real.yaml');
    const text = await readFile('clusters/embedded-test.yaml', 'utf8');
    await writeFile(
      profile,
      text.replace('provider: embedded', 'provider: kind').replace('name: embedded-test', 'name: real'),
    );
  });
  afterEach(async () => {
    vi.unstubAllEnvs();
    await session[Symbol.asyncDispose]();
    await folder[Symbol.asyncDispose]();
  });

  const build = async (scenario: string, more: { signal?: AbortSignal; resume?: boolean } = {}) => {
    const { signal, ...rest } = more;
    return buildScenario(
      { scenario, out: join(folder.path, 'out'), profile, ...rest },
      { session, ...(signal ? { signal } : {}) },
    );
  };
  const short = {
    timeline: { warmUp: '10s', baseline: '45s', incident: '120s' },
    load: { requestsPerSecond: 8 },
  };
  const journals = () => join(folder.path, 'state', 'culprit', 'journals');

  test('worlds come one after the other on one cluster, equal twins once, and all is put back', {
    timeout: 240_000,
  }, async () => {
    const one = await smallScenario(folder.path, 'one', short);
    const other = await smallScenario(folder.path, 'other', {
      ...short,
      seed: 'ffffffffffffffffffffffffffffffff',
      faults: [{ fault: 'image-not-found', args: { target: 'storefront/Deployment/recommendations' } }],
      latent: true,
    });
    const first = await build(one);
    await build(other);
    expect(log).toEqual(['provision', 'deploy', 'deploy', 'deploy']);
    expect((await verifyBundle(first.directory)).findings).toEqual([]);
    const { groundTruth, effects } = await readPrivate(first.directory);
    expect(groundTruth.rootCauses.map(({ entity }) => entity)).toEqual(['storefront/Deployment/search']);
    expect(effects).toMatchObject({
      baselineEqual: { holds: true },
      recovery: { leftOver: [], healthy: true },
    });

    const again = await build(one, { resume: true });
    expect([again.isOld, again.digest]).toEqual([true, first.digest]);
    expect(log).toHaveLength(4);
    await session[Symbol.asyncDispose]();
    expect(log.at(-1)).toBe('dispose');
  });

  test('an interrupted build puts the cluster back before it ends, and makes no bundle', {
    timeout: 120_000,
  }, async () => {
    const scenario = await smallScenario(folder.path, 'one', short);
    const controller = new AbortController();
    const provider = pretendLive(log);
    session = new BuildSession(async () => ({
      ...provider,
      async provision(wanted: ClusterProfile, options) {
        const cluster = await provider.provision(wanted, options);
        return Object.create(cluster, {
          kube: {
            get: () => ({
              ...cluster.kube,
              // Ctrl-C right after the cause was done
              patch: async (...args: Parameters<Cluster['kube']['patch']>) => {
                const patched = await cluster.kube.patch(...args);
                log.push(`patch ${args[0].name}`);
                if (log.filter((line) => line.startsWith('patch')).length === 1) controller.abort();
                return patched;
              },
            }),
          },
        }) as Cluster;
      },
    }));
    await expect(build(scenario, { signal: controller.signal })).rejects.toMatchObject({
      name: 'AbortError',
    });
    expect(log.filter((line) => line === 'patch search').length).toBeGreaterThan(1);
    expect(existsSync(join(folder.path, 'out'))).toBe(false);
    const [journal = ''] = readdirSync(journals()).filter((name) => name.endsWith('.jsonl'));
    expect(await readFile(join(journals(), journal), 'utf8')).toMatch(/"type":"closed"\}\n$/);
  });

  test('a fault that needs what the cluster cannot do is refused before anything is touched', async () => {
    const scenario = await smallScenario(folder.path, 'one', {
      ...short,
      faults: [
        {
          fault: 'network-policy-deny',
          args: {
            variant: 'remove-peer',
            policy: 'fulfilment/NetworkPolicy/payment',
            peer: 'fulfilment/Deployment/checkout',
          },
        },
      ],
    });
    await expect(build(scenario)).rejects.toMatchObject({
      code: 'capability-missing',
      message: expect.stringContaining('not enforced'),
    });
    expect(log).toEqual(['provision']);
  });
});
