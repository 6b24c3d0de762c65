import { existsSync } from 'node:fs';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { parse } from 'yaml';
import type { BuildOutcome } from '../../../src/author/build-pool.ts';
import { checkScenario } from '../../../src/author/check-scenario.ts';
import { checkTemplate } from '../../../src/author/generate/check-template.ts';
import { type GenerateOptions, generate, isKept, judgeSuite } from '../../../src/author/generate/generate.ts';
import type { GenerationRecord } from '../../../src/author/generate/record.ts';
import { writePrivate } from '../../../src/snapshot/private/truth.ts';
import { taskId } from '../../../src/snapshot/task-identity.ts';
import { requireValid } from '../../../src/spec/diagnostics-error.ts';
import type { Scenario } from '../../../src/spec/scenario.ts';
import { temporaryFolder } from '../../helpers/small-scenario.ts';

const text = `apiVersion: culprit.dev/v1
kind: ScenarioTemplate
metadata: { name: small, summary: Something is wrong, version: 1 }
count: 4
base:
  domain: sre
  application: shop
  cluster: embedded
  timeline: { warmUp: 3m, baseline: 3m, incident: 6m }
choose:
  - name: cause
    from:
      - where: { target: { kind: Deployment, namespaces: [storefront], except: [storefront/Deployment/ads] } }
        merge: { faults: [{ fault: image-not-found, args: { target: $target } }] }
      - where: { service: [storefront/Service/pricing, storefront/Service/nowhere] }
        merge: { faults: [{ fault: service-selector-mismatch, args: { service: $service } }] }
  - name: before
    from:
      - where: { target: [fulfilment/Deployment/email, fulfilment/Deployment/payment] }
        merge: { cover: [{ cover: log-level, at: -1m, args: { target: $target } }] }
`;

const fresh: GenerationRecord = {
  apiVersion: 'culprit.dev/v1',
  kind: 'Generation',
  template: 'small.yaml',
  digest: '',
  seed: '00112233445566778899aabbccddeeff',
  isDraft: false,
  isHeldOut: false,
  variants: [],
};

/** Builds what the scenario says it is about, without a world; refuses what nobody could build. */
function fakeBuild(bundles: string): GenerateOptions['build'] {
  return async (jobs) =>
    Promise.all(
      jobs.map(async ({ scenario, seed }): Promise<BuildOutcome> => {
        const { faults } = parse(await readFile(scenario, 'utf8')) as Scenario;
        const subject = String(faults[0]?.args['target'] ?? faults[0]?.args['service']);
        if (subject.includes('cart'))
          return {
            status: 'failed',
            scenario,
            code: 'effect-not-proved',
            message: 'nobody felt it',
            exitCode: 1,
            elapsedMs: 1,
          };
        const directory = join(bundles, taskId(seed));
        writePrivate(directory, {
          groundTruth: {
            apiVersion: 'culprit.dev/v1',
            kind: 'GroundTruth',
            task: taskId(seed),
            rootCauses: [
              {
                entity: subject,
                accepted: [],
                fault: 'f',
                mechanism: String(faults[0]?.fault),
                summary: '',
              },
            ],
            symptoms: [{ entity: subject.replace('Service', 'Deployment'), signals: [] }],
            distractors: [],
            triggers: [],
            propagation: [],
          },
          plan: {},
          effects: { alertsDueToCauses: [{ name: 'Any', labels: { pod: seed } }], indicators: [] },
          provenance: {},
        });
        await writeFile(join(directory, 'private', 'changes.jsonl'), '');
        return {
          status: 'built',
          scenario,
          task: taskId(seed),
          directory,
          digest: '',
          split: 'public',
          provider: 'embedded',
          bytes: 0,
          elapsedMs: 1,
          peakMemoryBytes: 0,
        };
      }),
    );
}

async function run(folder: string, parts: Partial<GenerateOptions> = {}) {
  const path = join(folder, 'small.yaml');
  await writeFile(path, text);
  const out = join(folder, 'out');
  const bundles = join(out, 'bundles');
  const options: GenerateOptions = {
    template: requireValid(await checkTemplate(path)),
    record: fresh,
    count: 4,
    attempts: 30,
    out,
    bundles,
    against: [],
    jobs: 1,
    build: fakeBuild(bundles),
    gates: {
      judge: async (bundle) =>
        (await readFile(join(bundle, 'private', 'ground-truth.yaml'), 'utf8')).includes('Deployment/search')
          ? { gate: 'floor', why: ['solved'] }
          : undefined,
      judgeTogether: async () => new Map(),
    },
    onTried: async () => {},
    ...parts,
  };
  return { options, made: await generate(options) };
}

it('keeps what passes, says of each of the others why, and leaves only what it keeps', async () => {
  await using folder = await temporaryFolder();
  const { options, made } = await run(folder.path, { count: 100, attempts: 100 });
  expect(made.end).toBe('exhausted');
  expect(made.record.variants).toHaveLength(made.space);
  const reasons = Map.groupBy(made.record.variants, ({ refusedBy }) => refusedBy ?? 'kept');
  expect([...reasons.keys()].sort()).toEqual([
    'effect-not-proved',
    'floor',
    'kept',
    'near-duplicate',
    'validate',
  ]);
  expect(reasons.get('validate')?.[0]?.why?.[0]).toMatch(/^small\.yaml:16:\d+ SCN004 .*nowhere/);
  const kept = made.record.variants.filter(isKept);
  // one for each target: another cover makes no other task
  expect(new Set(kept.map(({ choices }) => choices[0])).size).toBe(kept.length);
  const files = (await readdir(options.out)).filter((name) => name.endsWith('.yaml'));
  expect(files.sort()).toEqual(kept.map(({ name }) => `${name}.yaml`).sort());
  expect((await readdir(options.bundles)).sort()).toEqual(kept.map(({ task }) => task).sort());
});

it('writes scenarios that are valid by themselves and do not tell the fault by their names', async () => {
  await using folder = await temporaryFolder();
  const { options, made } = await run(folder.path);
  for (const { name } of made.record.variants.filter(isKept)) {
    const checked = await checkScenario(join(options.out, `${name}.yaml`));
    expect(checked.ok && checked.value.scenario.metadata).toEqual({
      name,
      summary: 'Something is wrong',
      split: 'public',
      version: 1,
    });
    expect(name).toMatch(/^small-[a-z2-9]{4}$/);
  }
});

it('keeps the same whether one is built at a time or five', async () => {
  await using one = await temporaryFolder();
  await using five = await temporaryFolder();
  const alone = await run(one.path);
  const together = await run(five.path, { jobs: 5 });
  expect(together.made.record).toEqual(alone.made.record);
  expect(await readdir(together.options.bundles)).toEqual(await readdir(alone.options.bundles));
});

it('goes on where it was interrupted, and ends the same', async () => {
  await using whole = await temporaryFolder();
  await using parts = await temporaryFolder();
  const { made } = await run(whole.path);
  let record = fresh;
  for (let count = 1; count <= 4; count++) record = (await run(parts.path, { record, count })).made.record;
  expect(record).toEqual(made.record);

  const broken = await run(parts.path, {
    record: { ...record, variants: record.variants.slice(0, 2) },
    build: async (jobs) => jobs.map(({ scenario }) => ({ status: 'interrupted', scenario })),
  });
  expect(broken.made.end).toBe('interrupted');
  expect(broken.made.record.variants).toEqual(record.variants.slice(0, 2));
});

it('refuses what there is already', async () => {
  await using folder = await temporaryFolder();
  const { made } = await run(folder.path, { record: { ...fresh, isDraft: true } });
  await using other = await temporaryFolder();
  const { options } = await run(other.path, { record: { ...fresh, isDraft: true }, count: 1 });
  const { knownTasks } = await import('../../../src/author/generate/known-tasks.ts');
  const first = made.record.variants.find(isKept);
  const against = await knownTasks([join(folder.path, 'out', `${first?.name}.yaml`)]);
  const again = await run(other.path, { record: { ...fresh, isDraft: true }, against, count: 1 });
  expect(again.made.record.variants.find(({ name }) => name === first?.name)).toMatchObject({
    refusedBy: 'near-duplicate',
    why: [expect.stringContaining(`is planned like ${first?.name}.yaml`)],
  });
  expect(existsSync(join(options.out, `${first?.name}.yaml`))).toBe(false);
});

it('draws seeds of held-out variants anew, and writes them into no scenario', async () => {
  await using folder = await temporaryFolder();
  const record = { ...fresh, isDraft: true, isHeldOut: true };
  const first = await run(folder.path, { record });
  await using other = await temporaryFolder();
  const second = await run(other.path, { record });
  const seeds = [first, second].flatMap(({ made }) => made.record.variants.map(({ seed }) => seed));
  expect(new Set(seeds).size).toBe(seeds.length);
  for (const { name, seed } of first.made.record.variants.filter(isKept)) {
    const file = await readFile(join(first.options.out, `${name}.yaml`), 'utf8');
    expect(file).toContain('split: held-out');
    expect(file).not.toMatch(/seed/);
    expect(seed).toMatch(/^[0-9a-f]{32}$/);
  }
});

it('takes back what only a look at the whole suite shows', async () => {
  await using folder = await temporaryFolder();
  const { options, made } = await run(folder.path);
  const [spoiled] = made.record.variants.filter(isKept);
  const record = await judgeSuite(
    {
      ...options,
      gates: {
        judge: async () => undefined,
        judgeTogether: async (bundles) =>
          new Map(
            bundles
              .filter((bundle) => bundle.endsWith(spoiled?.task ?? ''))
              .map((bundle) => [bundle, { gate: 'lint', why: ['only here'] }]),
          ),
      },
    },
    made.record,
  );
  expect(record.variants.find(({ name }) => name === spoiled?.name)?.refusedBy).toBe('lint');
  expect(existsSync(join(options.out, `${spoiled?.name}.yaml`))).toBe(false);
});
