import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { BuildOutcome } from '../../src/author/build-pool.ts';
import type { Effects } from '../../src/author/prove.ts';
import { buildTasks } from '../../src/gate/build/build-tasks.ts';
import { readGroundTruth, readPrivate } from '../../src/snapshot/private/truth.ts';
import { readPublic } from '../../src/snapshot/public-reader.ts';
import { verifyBundle } from '../../src/snapshot/verify-bundle.ts';
import { imageNotFound, smallScenario, temporaryFolder } from '../helpers/small-scenario.ts';

describe('culprit build on the embedded cluster', () => {
  let folder: Awaited<ReturnType<typeof temporaryFolder>>;
  let scenarios: readonly string[];
  let one: readonly BuildOutcome[];
  let two: readonly BuildOutcome[];
  beforeAll(async () => {
    folder = await temporaryFolder();
    scenarios = [
      await smallScenario(folder.path, 'release', {
        cover: [{ cover: 'log-level', at: '-1m', args: { target: 'storefront/Deployment/currency' } }],
      }),
      await smallScenario(folder.path, 'calm', { faults: [], seed: 'ffffffffffffffffffffffffffffffff' }),
    ];
    const build = (out: string, jobs: number) =>
      buildTasks(
        scenarios.map((scenario) => ({ scenario, out: join(folder.path, out) })),
        { jobs },
      );
    one = await build('one', 1);
    two = await build('two', 2);
  });
  afterAll(() => folder[Symbol.asyncDispose]());

  const built = (outcome: BuildOutcome | undefined) => {
    if (outcome?.status !== 'built') throw new Error(JSON.stringify(outcome, undefined, 2));
    return outcome;
  };

  test('the same scenario and seed give the same bytes, whatever the number of jobs', () => {
    expect(one.map((outcome) => built(outcome).digest)).toEqual(two.map((outcome) => built(outcome).digest));
  });

  test('what is frozen verifies, and its name is opaque', async () => {
    for (const outcome of one) {
      expect((await verifyBundle(built(outcome).directory)).findings).toEqual([]);
      expect(built(outcome).task).toMatch(/^[a-z0-9]{10}$/);
    }
  });

  test('the root cause is what was touched, and the twin proves the effect', async () => {
    const { groundTruth, effects } = await readPrivate(built(one[0]).directory);
    expect(groundTruth.rootCauses.map(({ entity }) => entity)).toEqual(['storefront/Deployment/search']);
    expect(groundTruth.symptoms.map(({ entity }) => entity)).toContain('storefront/Deployment/web-frontend');
    const proof = effects as Effects;
    expect(proof.baselineEqual.holds).toBe(true);
    expect(proof.expectations.every(({ met }) => met)).toBe(true);
    expect(proof.alertsDueToCauses.length).toBeGreaterThan(0);
    expect(proof.indicators.some(({ felt }) => felt)).toBe(true);
    expect(proof.recovery).toMatchObject({ healthy: true, leftOver: [] });
  });

  test('a control has no cause and no alert of its own', async () => {
    const truth = await readGroundTruth(built(one[1]).directory);
    expect([truth.rootCauses, truth.symptoms]).toEqual([[], []]);
  });

  test('nothing an agent sees tells what was done or when', async () => {
    const bundle = await readPublic(built(one[0]).directory);
    const everything: string[] = [];
    for (const { path } of await bundle.files()) everything.push(path);
    everything.push(await bundle.readme());
    for await (const object of bundle.objects()) everything.push(JSON.stringify(object));
    for await (const event of bundle.events()) everything.push(JSON.stringify(event));
    const betraying =
      /culprit|image-not-found|ground.?truth|chaos|"managedFields"|"resourceVersion"|kubectl-edit/i;
    expect(everything.flatMap((text) => betraying.exec(text)?.[0] ?? [])).toEqual([]);
  });
});

describe('a scenario whose effect is not proved', () => {
  test('makes no bundle and says what was expected and what was seen instead', async () => {
    await using folder = await temporaryFolder();
    const scenario = await smallScenario(folder.path, 'vain', {
      faults: [imageNotFound],
      expect: [{ alert: 'KubeNodeNotReady' }],
    });
    const [outcome] = await buildTasks([{ scenario, out: join(folder.path, 'out') }], { jobs: 1 });
    expect(outcome).toMatchObject({ status: 'failed', code: 'effect-not-proved', exitCode: 1 });
    expect((outcome as { message: string }).message).toMatch(
      /KubeNodeNotReady.*not seen; alerts that fired: .*KubePodNotReady/s,
    );
    expect(await readdir(join(folder.path, 'out')).catch(() => [])).toEqual([]);
  });

  test('is kept to be looked at when that is asked for, and taken for no bundle', async () => {
    await using folder = await temporaryFolder();
    const scenario = await smallScenario(folder.path, 'vain', {
      faults: [imageNotFound],
      expect: [{ alert: 'KubeNodeNotReady' }],
    });
    const kept = join(folder.path, 'kept');
    const job = { scenario, out: join(folder.path, 'out'), seed: 'c0ffee00c0ffee00c0ffee00c0ffee00' };
    const [outcome] = await buildTasks([{ ...job, keepUnproved: kept }], { jobs: 1 });
    const [id] = await readdir(kept);
    expect((outcome as { message: string }).message).toContain(`what was seen is in ${join(kept, id!)}`);
    const bundle = await readPublic(join(kept, id!));
    const kinds = new Set<string>();
    for await (const { kind } of bundle.objects()) kinds.add(kind);
    expect([...kinds]).toEqual(expect.arrayContaining(['Deployment', 'Pod']));
    const { findings } = await verifyBundle(join(kept, id!));
    expect(findings.map(({ code }) => code)).toEqual(['BND015']);
    expect(findings[0]!.message).toMatch(/KubeNodeNotReady.*not seen/);
    // as if somebody had put it among the tasks
    const [again] = await buildTasks([{ ...job, out: kept, resume: true }], { jobs: 1 });
    expect(again).toMatchObject({ status: 'failed', code: 'effect-not-proved' });
  });
});

describe('a scenario that is not sound', () => {
  const build = async (
    folder: string,
    name: string,
    parts: Parameters<typeof smallScenario>[2],
    lint = true,
  ) => {
    const scenario = await smallScenario(folder, name, parts);
    const out = join(folder, 'out');
    const [outcome] = await buildTasks([{ scenario, out, ...(lint ? {} : { lint }) }], { jobs: 1 });
    return { outcome, made: await readdir(out).catch(() => []) };
  };

  test('makes no bundle where one cause hides the other, and says which and where', async () => {
    await using folder = await temporaryFolder();
    const { outcome, made } = await build(folder.path, 'masked', {
      faults: [
        {
          fault: 'network-policy-deny',
          args: { variant: 'remove-port', policy: 'fulfilment/NetworkPolicy/payment', port: 8080 },
        },
        { fault: 'image-not-found', args: { target: 'fulfilment/Deployment/checkout' } },
      ],
    });
    expect(outcome).toMatchObject({ status: 'failed', code: 'effect-not-proved', exitCode: 1 });
    expect((outcome as { message: string }).message).toMatch(
      /fulfilment\/NetworkPolicy\/payment is masked by fulfilment\/Deployment\/checkout: .*edge-error-ratio is \S+ with it alone/,
    );
    expect(made).toEqual([]);
  });

  test('makes no bundle when the lints find a leak, but for a draft', async () => {
    await using folder = await temporaryFolder();
    const leak = {
      cover: [
        {
          cover: 'annotate',
          at: '-1m',
          args: { target: 'storefront/Deployment/currency', value: 'before the chaos drill' },
        },
      ],
    };
    const refused = await build(folder.path, 'leaky', leak);
    expect(refused.outcome).toMatchObject({ status: 'failed', code: 'lint', exitCode: 1 });
    expect((refused.outcome as { message: string }).message).toMatch(
      /public\/objects\.jsonl:\d+:1 LEK001 tool-vocabulary/,
    );
    expect(refused.made).toEqual([]);

    const draft = await build(folder.path, 'leaky', leak, false);
    expect(draft.outcome).toMatchObject({ status: 'built' });
    const { provenance } = await readPrivate((draft.outcome as { directory: string }).directory);
    expect(provenance['lint']).toBe('left out');
  });
});

describe('an interrupted build', () => {
  test('keeps what is finished and leaves no half bundle', async () => {
    await using folder = await temporaryFolder();
    const controller = new AbortController();
    const scenarios = [
      await smallScenario(folder.path, 'first'),
      await smallScenario(folder.path, 'second', { seed: '11111111111111111111111111111111' }),
    ];
    const out = join(folder.path, 'out');
    const outcomes = await buildTasks(
      scenarios.map((scenario) => ({ scenario, out })),
      {
        jobs: 1,
        signal: controller.signal,
        onProgress: ({ scenario, done }) => {
          if (scenario === scenarios[1] && done > 0.2) controller.abort();
        },
      },
    );
    expect(outcomes.map(({ status }) => status)).toEqual(['built', 'interrupted']);
    expect(await readdir(out)).toEqual([(outcomes[0] as { task: string }).task]);
  });
});
