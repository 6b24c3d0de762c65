import { mkdtempSync, readFileSync, rmSync, utimesSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { snapshotLint } from '../../../src/cli/commands/snapshot-lint.ts';
import type { Io } from '../../../src/cli/io.ts';
import { buildTasks } from '../../../src/gate/build/build-tasks.ts';
import { type BundleLint, lintBundles } from '../../../src/gate/lint/lint-bundles.ts';
import { lintRules } from '../../../src/gate/lint/rules.ts';
import type { KubeObject } from '../../../src/spec/kube-types.ts';
import { smallScenario, temporaryFolder } from '../../helpers/small-scenario.ts';
import { Planted } from './planted.ts';

const summary = 'Nothing is found in the shop any more';
const config = { apiVersion: 'v1', kind: 'ConfigMap', namespace: 'storefront', name: 'search-config' };
const causeName = 'storefront/ConfigMap/search-config';

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
let task: string;
let control: string;
beforeAll(async () => {
  folder = await temporaryFolder();
  const metadata = { name: 'lost-search', summary, split: 'public', version: 1 };
  const args = { target: 'storefront/Deployment/search', setting: 'INDEX_CACHE_MIB' };
  const scenarios = [
    await smallScenario(folder.path, 'lost-search', {
      metadata,
      faults: [{ fault: 'container-crash-loop', args }],
    }),
    await smallScenario(folder.path, 'calm', { faults: [], seed: 'ffffffffffffffffffffffffffffffff' }),
  ];
  const out = join(folder.path, 'out');
  const outcomes = await buildTasks(
    scenarios.map((scenario) => ({ scenario, out })),
    { jobs: 1 },
  );
  [task = '', control = ''] = outcomes.map((outcome) => {
    if (outcome.status !== 'built') throw new Error(JSON.stringify(outcome));
    return outcome.directory;
  });
}, 180_000);
afterAll(() => folder[Symbol.asyncDispose]());

const plantedIn = (bundle: string) => new Planted(bundle, mkdtempSync(join(folder.path, 'planted-')));

/** `code file:line` of every finding. */
const found = (results: readonly BundleLint[]) =>
  results.flatMap(({ findings }) =>
    findings.map(({ code, location }) => `${code} ${location.file}:${location.line}`),
  );
const codes = (results: readonly BundleLint[]) => [
  ...new Set(results.flatMap(({ findings }) => findings.map(({ code }) => code))),
];

test('clean bundles are clean, alone and as a suite, and the evidence is listed', async () => {
  const results = await lintBundles([task, control]);
  expect(found(results)).toEqual([]);
  const [{ evidence, neighbours } = { evidence: [], neighbours: [] }] = results;
  expect(evidence).toMatchObject([
    {
      cause: causeName,
      lines: [
        { kind: 'setting', file: expect.stringMatching(/^public\/logs\/storefront\/search-/) },
        { kind: 'state', file: 'public/objects.jsonl' },
      ],
    },
  ]);
  expect(neighbours).toMatchObject([
    { cause: causeName, neighbour: 'storefront/Deployment/search', by: { kind: 'setting' } },
  ]);
});

test('the command says what it found and exits 1, or 0 for a clean bundle', async () => {
  const planted = plantedIn(task);
  planted.write('public/notes.txt', 'look here');
  const run = async (bundle: string, json: boolean) => {
    let text = '';
    const write = (chunk: string) => {
      text += chunk;
      return true;
    };
    const output = { write };
    const io = {
      stdin: process.stdin,
      stdout: output as Io['stdout'],
      stderr: output as Io['stdout'],
      cwd: folder.path,
      env: {},
      signal: new AbortController().signal,
    };
    const status = await snapshotLint({ bundle: [bundle], json, verbose: true, quiet: false }, io);
    return { status, text };
  };
  const clean = await run(task, false);
  expect(clean).toMatchObject({ status: 0, text: expect.stringContaining(`${causeName}\n  public/logs/`) });
  const dirty = await run(planted.path, false);
  expect(dirty.status).toBe(1);
  expect(dirty.text).toMatch(/public\/notes\.txt:1:1 LEK011 unknown-file: is no file of a bundle — /);
  expect(JSON.parse((await run(planted.path, true)).text)).toMatchObject({
    bundles: [{ findings: [{ code: 'LEK011', rule: 'unknown-file', location: { line: 1 } }] }],
  });
});

test('the page lists every rule', () => {
  const page = readFileSync(join(import.meta.dirname, '../../../docs/lint.md'), 'utf8');
  const listed = [...page.matchAll(/^\| `([A-Z]{3}\d{3})` \| ([a-z-]+) \|/gm)].map(([, code, name]) => [
    code,
    name,
  ]);
  expect(listed).toEqual(lintRules.map(({ code, name }) => [code, name]));
});

test('the codes and names of rules are unique', () => {
  for (const key of ['code', 'name'] as const)
    expect(new Set(lintRules.map((rule) => rule[key])).size).toBe(lintRules.length);
});

test('a bundle without its private part is looked at for what needs none', async () => {
  const planted = plantedIn(task);
  planted.edit('public/README.md', (text) => `${text}Made by chaos-mesh.\n`);
  rmSync(join(planted.path, 'private'), { recursive: true });
  const [result] = await lintBundles([planted.path]);
  expect(result).toMatchObject({ truth: 'absent', evidence: [], findings: [{ code: 'LEK001' }] });
});

const lastLine = (planted: Planted, file: string) => planted.read(file).split('\n').length - 1;
const lineOf = (planted: Planted, file: string, text: string) =>
  planted
    .read(file)
    .split('\n')
    .findIndex((line) => line.includes(text)) + 1;

describe('a planted leak is found, where it is, and nothing else', () => {
  const objects = 'public/objects.jsonl';
  const cases: [what: string, code: string, plant: (planted: Planted) => string][] = [
    [
      'a word of the trade in a log',
      'LEK001',
      (planted) => {
        const file = planted.logFiles()[0] ?? '';
        planted.edit(file, (text) => `${text}2100-01-01T00:00:00.000000000Z FeatureFlag "slow" is on\n`);
        return `${file}:${lastLine(planted, file)}`;
      },
    ],
    [
      'a word of the trade in a span',
      'LEK001',
      (planted) => {
        planted.lines<{ attributes: Record<string, string> }>('public/traces.jsonl', (spans) => {
          Object.assign(spans[6]?.attributes ?? {}, { 'feature_flag.key': 'x' });
          return spans;
        });
        return 'public/traces.jsonl:7';
      },
    ],
    [
      'a file name',
      'LEK001',
      (planted) => {
        planted.write('public/metrics/chaos_runs.tsv', 'a\n');
        return 'public/metrics/chaos_runs.tsv:1';
      },
    ],
    [
      'a label that tells',
      'LEK002',
      (planted) => {
        planted.object('ConfigMap', 'search-config', ({ metadata }) =>
          Object.assign(metadata.labels ?? {}, { 'shop.internal/faultTarget': 'yes' }),
        );
        return `${objects}:${lineOf(planted, objects, 'faultTarget')}`;
      },
    ],
    [
      'a variable that tells',
      'LEK002',
      (planted) => {
        planted.object('Deployment', 'search', (object) => {
          const { template } = object['spec'] as {
            template: { spec: { containers: { env: object[] }[] } };
          };
          template.spec.containers[0]?.env.push({ name: 'SIMULATE_OUTAGE', value: '1' });
        });
        return `${objects}:${lineOf(planted, objects, 'SIMULATE_OUTAGE')}`;
      },
    ],
    [
      "the author's summary",
      'LEK003',
      (planted) => {
        planted.edit('public/README.md', (text) => `${text}${summary}\n`);
        return `public/README.md:${lastLine(planted, 'public/README.md')}`;
      },
    ],
    [
      'the name of a mechanism in an Event',
      'LEK003',
      (planted) => {
        planted.lines<{ message: string }>('public/events.jsonl', (events) => {
          if (events[1]) events[1].message = 'container-crash-loop';
          return events;
        });
        return 'public/events.jsonl:2';
      },
    ],
    [
      'the seed',
      'LEK004',
      (planted) => {
        planted.edit('public/README.md', (text) => `0123456789abcdef0123456789abcdef\n${text}`);
        return 'public/README.md:1';
      },
    ],
    [
      'the moment of the incident',
      'LEK004',
      (planted) => {
        const { window } = JSON.parse(planted.read('private/provenance.json')) as {
          window: { incident: string };
        };
        planted.edit('public/README.md', (text) => `healthy until ${window.incident}\n${text}`);
        return 'public/README.md:1';
      },
    ],
    [
      'a resource version',
      'LEK005',
      (planted) => {
        planted.object('ConfigMap', 'search-config', ({ metadata }) => {
          metadata.resourceVersion = '77123';
        });
        return `${objects}:${lineOf(planted, objects, '77123')}`;
      },
    ],
    [
      'the manager of a field',
      'LEK005',
      (planted) => {
        planted.object('ConfigMap', 'search-config', ({ metadata }) => {
          metadata.managedFields = [{ manager: 'kubectl-edit' }];
        });
        return `${objects}:${lineOf(planted, objects, 'kubectl-edit')}`;
      },
    ],
    [
      'the last applied configuration',
      'LEK005',
      (planted) => {
        planted.object('ConfigMap', 'search-config', ({ metadata }) => {
          metadata.annotations = { 'kubectl.kubernetes.io/last-applied-configuration': '{}' };
        });
        return `${objects}:${lineOf(planted, objects, 'last-applied')}`;
      },
    ],
    [
      'a pod nobody owns',
      'LEK006',
      (planted) => {
        const metadata = { name: 'netshoot', namespace: 'storefront', uid: 'u' };
        planted.objects((all) => [...all, { apiVersion: 'v1', kind: 'Pod', metadata, spec: {} }]);
        return `${objects}:${lineOf(planted, objects, 'netshoot')}`;
      },
    ],
    [
      'an object of a namespace that is not there',
      'LEK006',
      (planted) => {
        const metadata = { name: 'settings', namespace: 'lab', uid: 'u' };
        planted.objects((all) => [...all, { apiVersion: 'v1', kind: 'ConfigMap', metadata }]);
        return `${objects}:${lineOf(planted, objects, '"lab"')}`;
      },
    ],
    [
      'a cause that is the newest object',
      'LEK007',
      (planted) => {
        const { window } = JSON.parse(planted.read('manifest.json')) as { window: { end: string } };
        planted.object('ConfigMap', 'search-config', ({ metadata }) => {
          metadata.creationTimestamp = window.end;
        });
        return `${objects}:${lineOf(planted, objects, window.end)}`;
      },
    ],
    [
      'a round beginning',
      'LEK008',
      (planted) => {
        planted.edit('private/provenance.json', (text) => {
          const provenance = JSON.parse(text) as { window: { start: string; incident: string } };
          provenance.window.incident = new Date(Date.parse(provenance.window.start) + 180_000).toISOString();
          return JSON.stringify(provenance);
        });
        return 'manifest.json:1';
      },
    ],
    [
      'an object out of order',
      'LEK009',
      (planted) => {
        planted.edit(objects, (text) => {
          const lines = text.trimEnd().split('\n');
          const index = lines.findIndex((line) => line.includes('"name":"search-config"'));
          return `${[...lines.slice(0, index), ...lines.slice(index + 1), lines[index]].join('\n')}\n`;
        });
        return `${objects}:${lastLine(planted, objects)}`;
      },
    ],
    [
      'an object written in another way',
      'LEK009',
      (planted) => {
        planted.edit(objects, (text) => text.replace('{"addressType":"IPv4",', '{ "addressType":"IPv4",'));
        return `${objects}:${lineOf(planted, objects, '{ "addressType')}`;
      },
    ],
    [
      'a file written later',
      'LEK009',
      (planted) => {
        const later = new Date('2026-01-01T00:00:00Z');
        utimesSync(join(planted.path, objects), later, later);
        return `${objects}:1`;
      },
    ],
    [
      'an annotation only the touched object has',
      'LEK010',
      (planted) => {
        planted.cause({
          verb: 'patch',
          target: config,
          type: 'merge',
          body: { metadata: { annotations: { 'shop.internal/ticket': 'OPS-1' } } },
        });
        planted.object('ConfigMap', 'search-config', ({ metadata }) => {
          metadata.annotations = { 'shop.internal/ticket': 'OPS-1' };
        });
        return `${objects}:${lineOf(planted, objects, 'OPS-1')}`;
      },
    ],
    [
      'a created object that is the only one of its kind',
      'LEK010',
      (planted) => {
        const metadata = { name: 'shop', namespace: 'storefront' };
        const object: KubeObject = { apiVersion: 'networking.k8s.io/v1', kind: 'Ingress', metadata };
        planted.cause({ verb: 'create', object });
        planted.objects((all) => [...all, object]);
        return `${objects}:${lineOf(planted, objects, '"kind":"Ingress"')}`;
      },
    ],
    [
      'a file no bundle has',
      'LEK011',
      (planted) => {
        planted.write('public/notes.txt', 'look here');
        return 'public/notes.txt:1';
      },
    ],
  ];
  test.each(cases)('%s', async (_, code, plant) => {
    const planted = plantedIn(task);
    const place = plant(planted);
    expect(found(await lintBundles([planted.path]))).toEqual([`${code} ${place}`]);
  });
});

describe('what only one task of a suite has is found', () => {
  const suite = async (plant: (planted: Planted, other: Planted) => void) => {
    const [planted, other] = [plantedIn(task), plantedIn(control)];
    plant(planted, other);
    return codes(await lintBundles([planted.path, other.path]));
  };
  const set = (body: object) => ({ verb: 'patch', target: config, type: 'merge', body }) as const;

  test('a kind', async () => {
    const target = { ...config, kind: 'ResourceQuota', name: 'compute' };
    const plant = (planted: Planted, other: Planted) => {
      planted.cause({ verb: 'patch', target, type: 'merge', body: { metadata: { name: 'compute' } } });
      other.objects((objects) => objects.filter(({ kind }) => kind !== 'ResourceQuota'));
    };
    expect(await suite(plant)).toEqual(['LEK101']);
  });
  test('an object', async () => {
    const metadata = { name: 'tuning', namespace: 'storefront' };
    const object: KubeObject = { apiVersion: 'v1', kind: 'ConfigMap', metadata, data: { LOG_LEVEL: 'info' } };
    const plant = (planted: Planted) => {
      planted.cause({ verb: 'create', object });
      planted.objects((objects) => [...objects, object]);
    };
    expect(await suite(plant)).toEqual(['LEK102']);
  });
  test('a label', async () => {
    const labels = { 'shop.internal/tier': 'gold' };
    const plant = (planted: Planted) => {
      planted.cause(set({ metadata: { labels } }));
      for (const name of ['search-config', 'cart-config'])
        planted.object('ConfigMap', name, ({ metadata }) => Object.assign(metadata.labels ?? {}, labels));
    };
    expect(await suite(plant)).toEqual(['LEK103']);
  });
  test('a field', async () => {
    const plant = (planted: Planted) => {
      planted.cause(set({ data: { TURBO: 'on' } }));
      planted.object('ConfigMap', 'search-config', (object) =>
        Object.assign(object['data'] as object, { TURBO: 'on' }),
      );
    };
    expect(await suite(plant)).toEqual(['LEK104']);
  });
  test('alert rules', async () => {
    const plant = (_: Planted, other: Planted) =>
      other.edit('public/alert-rules.yaml', (text) => `${text}# for search\n`);
    expect(await suite(plant)).toEqual(['LEK105']);
  });
});

describe('a mistake in the truth is found, and nothing else', () => {
  const truthOf = async (change: Parameters<Planted['truth']>[0]) => {
    const planted = plantedIn(task);
    planted.truth(change);
    return codes(await lintBundles([planted.path]));
  };
  const symptom = 'storefront/Deployment/web-frontend';
  const accept = (name: string) => truthOf((truth) => truth.rootCauses[0]?.accepted.push(name));

  test('an accepted name that means nothing', async () =>
    expect(await accept('storefront/ConfigMap/no-such')).toEqual(['TRU001']));
  test('an accepted name that means something else', async () => {
    const planted = plantedIn(task);
    const pod = planted
      .logFiles()
      .find((file) => file.includes('/ads-'))
      ?.split('/')[3];
    planted.truth((truth) => truth.rootCauses[0]?.accepted.push(`storefront/Pod/${pod}`));
    expect(codes(await lintBundles([planted.path]))).toEqual(['TRU001']);
  });
  test('a cause listed twice', async () =>
    expect(await truthOf((truth) => truth.rootCauses.push(...structuredClone(truth.rootCauses)))).toEqual([
      'TRU001',
    ]));
  test('an accepted name that is a symptom', async () => expect(await accept(symptom)).toEqual(['TRU002']));
  test('an accepted name that is a pod of a symptom', async () => {
    const planted = plantedIn(task);
    const pod = planted
      .logFiles()
      .find((file) => file.includes('/web-frontend-'))
      ?.split('/')[3];
    planted.truth((truth) => truth.rootCauses[0]?.accepted.push(`storefront/Pod/${pod}`));
    expect(codes(await lintBundles([planted.path]))).toContain('TRU002');
  });
  test('a symptom that is the cause', async () =>
    expect(await truthOf((truth) => truth.symptoms.push({ entity: causeName, signals: [] }))).toEqual([
      'TRU003',
    ]));
  test('a trigger that is the cause', async () =>
    expect(await truthOf((truth) => truth.triggers.push(causeName))).toEqual(['TRU003']));
  test('an edge nobody observed', async () =>
    expect(
      await truthOf((truth) =>
        truth.propagation.push({
          from: symptom,
          to: 'fulfilment/Deployment/email',
          kind: 'called by (http)',
        }),
      ),
    ).toEqual(['TRU004']));
  test('a reference nobody observed', async () =>
    expect(
      await truthOf((truth) =>
        truth.propagation.push({ from: causeName, to: 'storefront/Deployment/cart', kind: 'used by' }),
      ),
    ).toEqual(['TRU004']));
  test('a symptom no way leads to', async () =>
    expect(
      await truthOf((truth) => {
        truth.propagation = truth.propagation.filter(({ to }) => to !== symptom);
      }),
    ).toEqual(['TRU005']));

  const forget = (planted: Planted) => {
    for (const file of planted.logFiles())
      planted.edit(file, (text) => text.replaceAll(/^.*(?:INDEX_CACHE_MIB|"160s").*\n/gm, ''));
  };
  test('a cause that nothing speaks of', async () => {
    const planted = plantedIn(task);
    forget(planted);
    planted.object('ConfigMap', 'search-config', (object) =>
      Object.assign(object['data'] as object, { INDEX_CACHE_MIB: '160' }),
    );
    expect(codes(await lintBundles([planted.path]))).toEqual(['TRU006', 'IDN001']);
  });
  test('a cause that nothing tells from its neighbour', async () => {
    const planted = plantedIn(task);
    forget(planted);
    expect(codes(await lintBundles([planted.path]))).toEqual(['IDN001']);
  });
});
