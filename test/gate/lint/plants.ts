import { utimesSync } from 'node:fs';
import { join } from 'node:path';
import type { KubeObject } from '../../../src/spec/kube-types.ts';
import type { Planted } from './planted.ts';

/** A leak or a mistake that is planted in a clean bundle, and the rules that must find it. */
export interface Plant {
  readonly what: string;
  readonly codes: readonly string[];
  /** Answers where it must be found (`file:line`), if it must be there and nowhere else. `other`: the suite's other task. */
  readonly plant:
    | ((planted: Planted, other: Planted) => string)
    | ((planted: Planted, other: Planted) => void);
}

/** Of the task that everything is planted in. */
export const planting = {
  name: 'lost-search',
  summary: 'Nothing is found in the shop any more',
  seed: '0123456789abcdef0123456789abcdef',
  cause: 'storefront/ConfigMap/search-config',
  fault: {
    fault: 'container-crash-loop',
    args: { target: 'storefront/Deployment/search', setting: 'INDEX_CACHE_MIB' },
  },
} as const;

const config = { apiVersion: 'v1', kind: 'ConfigMap', namespace: 'storefront', name: 'search-config' };
const search = { apiVersion: 'apps/v1', kind: 'Deployment', namespace: 'storefront', name: 'search' };
const objects = 'public/objects.jsonl';
const symptom = 'storefront/Deployment/web-frontend';

const lastLine = (planted: Planted, file: string) => planted.read(file).split('\n').length - 1;
const lineOf = (planted: Planted, file: string, text: string) =>
  planted
    .read(file)
    .split('\n')
    .findIndex((line) => line.includes(text)) + 1;
const at = (planted: Planted, text: string) => `${objects}:${lineOf(planted, objects, text)}`;
const logOf = (planted: Planted, workload: string) =>
  planted.logFiles().find((file) => file.includes(`/${workload}-`)) ?? '';

interface Template {
  readonly template: {
    readonly spec: { serviceAccountName?: string; containers: { image: string; env: object[] }[] };
  };
}
const template = (object: KubeObject) => (object['spec'] as Template).template.spec;

/** Leaks of one bundle. */
export const leaks: readonly Plant[] = [
  {
    what: 'a word of the trade in a log',
    codes: ['LEK001'],
    plant(planted) {
      const file = planted.logFiles()[0] ?? '';
      planted.edit(file, (text) => `${text}2100-01-01T00:00:00.000000000Z FeatureFlag "slow" is on\n`);
      return `${file}:${lastLine(planted, file)}`;
    },
  },
  {
    what: 'a word of the trade in a span',
    codes: ['LEK001'],
    plant(planted) {
      planted.lines<{ attributes: Record<string, string> }>('public/traces.jsonl', (spans) => {
        Object.assign(spans[6]?.attributes ?? {}, { 'feature_flag.key': 'x' });
        return spans;
      });
      return 'public/traces.jsonl:7';
    },
  },
  {
    what: 'a file name',
    codes: ['LEK001'],
    plant(planted) {
      planted.write('public/metrics/chaos_runs.tsv', 'a\n');
      return 'public/metrics/chaos_runs.tsv:1';
    },
  },
  {
    what: 'a label that tells',
    codes: ['LEK002'],
    plant(planted) {
      planted.object('ConfigMap', 'search-config', ({ metadata }) =>
        Object.assign(metadata.labels ?? {}, { 'shop.internal/faultTarget': 'yes' }),
      );
      return `${objects}:${lineOf(planted, objects, 'faultTarget')}`;
    },
  },
  {
    what: 'a variable that tells',
    codes: ['LEK002'],
    plant(planted) {
      planted.object('Deployment', 'search', (object) => {
        const { template } = object['spec'] as {
          template: { spec: { containers: { env: object[] }[] } };
        };
        template.spec.containers[0]?.env.push({ name: 'SIMULATE_OUTAGE', value: '1' });
      });
      return `${objects}:${lineOf(planted, objects, 'SIMULATE_OUTAGE')}`;
    },
  },
  {
    what: "the author's summary",
    codes: ['LEK003'],
    plant(planted) {
      planted.edit('public/README.md', (text) => `${text}${planting.summary}\n`);
      return `public/README.md:${lastLine(planted, 'public/README.md')}`;
    },
  },
  {
    what: 'the name of a mechanism in an Event',
    codes: ['LEK003'],
    plant(planted) {
      planted.lines<{ message: string }>('public/events.jsonl', (events) => {
        if (events[1]) events[1].message = 'container-crash-loop';
        return events;
      });
      return 'public/events.jsonl:2';
    },
  },
  {
    what: 'the seed',
    codes: ['LEK004'],
    plant(planted) {
      planted.edit('public/README.md', (text) => `0123456789abcdef0123456789abcdef\n${text}`);
      return 'public/README.md:1';
    },
  },
  {
    what: 'the moment of the incident',
    codes: ['LEK004'],
    plant(planted) {
      const { window } = JSON.parse(planted.read('private/provenance.json')) as {
        window: { incident: string };
      };
      planted.edit('public/README.md', (text) => `healthy until ${window.incident}\n${text}`);
      return 'public/README.md:1';
    },
  },
  {
    what: 'a resource version',
    codes: ['LEK005'],
    plant(planted) {
      planted.object('ConfigMap', 'search-config', ({ metadata }) => {
        metadata.resourceVersion = '77123';
      });
      return `${objects}:${lineOf(planted, objects, '77123')}`;
    },
  },
  {
    what: 'the manager of a field',
    codes: ['LEK005'],
    plant(planted) {
      planted.object('ConfigMap', 'search-config', ({ metadata }) => {
        metadata.managedFields = [{ manager: 'kubectl-edit' }];
      });
      return `${objects}:${lineOf(planted, objects, 'kubectl-edit')}`;
    },
  },
  {
    what: 'the last applied configuration',
    codes: ['LEK005'],
    plant(planted) {
      planted.object('ConfigMap', 'search-config', ({ metadata }) => {
        metadata.annotations = { 'kubectl.kubernetes.io/last-applied-configuration': '{}' };
      });
      return `${objects}:${lineOf(planted, objects, 'last-applied')}`;
    },
  },
  {
    what: 'a pod nobody owns',
    codes: ['LEK006'],
    plant(planted) {
      const metadata = { name: 'netshoot', namespace: 'storefront', uid: 'u' };
      planted.objects((all) => [...all, { apiVersion: 'v1', kind: 'Pod', metadata, spec: {} }]);
      return `${objects}:${lineOf(planted, objects, 'netshoot')}`;
    },
  },
  {
    what: 'an object of a namespace that is not there',
    codes: ['LEK006'],
    plant(planted) {
      const metadata = { name: 'settings', namespace: 'lab', uid: 'u' };
      planted.objects((all) => [...all, { apiVersion: 'v1', kind: 'ConfigMap', metadata }]);
      return `${objects}:${lineOf(planted, objects, '"lab"')}`;
    },
  },
  {
    what: 'a cause that is the newest object',
    codes: ['LEK007'],
    plant(planted) {
      const { window } = JSON.parse(planted.read('manifest.json')) as { window: { end: string } };
      planted.object('ConfigMap', 'search-config', ({ metadata }) => {
        metadata.creationTimestamp = window.end;
      });
      return `${objects}:${lineOf(planted, objects, window.end)}`;
    },
  },
  {
    what: 'a round beginning',
    codes: ['LEK008'],
    plant(planted) {
      planted.edit('private/provenance.json', (text) => {
        const provenance = JSON.parse(text) as { window: { start: string; incident: string } };
        provenance.window.incident = new Date(Date.parse(provenance.window.start) + 180_000).toISOString();
        return JSON.stringify(provenance);
      });
      return 'manifest.json:1';
    },
  },
  {
    what: 'an object out of order',
    codes: ['LEK009'],
    plant(planted) {
      planted.edit(objects, (text) => {
        const lines = text.trimEnd().split('\n');
        const index = lines.findIndex((line) => line.includes('"name":"search-config"'));
        return `${[...lines.slice(0, index), ...lines.slice(index + 1), lines[index]].join('\n')}\n`;
      });
      return `${objects}:${lastLine(planted, objects)}`;
    },
  },
  {
    what: 'an object written in another way',
    codes: ['LEK009'],
    plant(planted) {
      planted.edit(objects, (text) => text.replace('{"addressType":"IPv4",', '{ "addressType":"IPv4",'));
      return `${objects}:${lineOf(planted, objects, '{ "addressType')}`;
    },
  },
  {
    what: 'a file written later',
    codes: ['LEK009'],
    plant(planted) {
      const later = new Date('2026-01-01T00:00:00Z');
      utimesSync(join(planted.path, objects), later, later);
      return `${objects}:1`;
    },
  },
  {
    what: 'an annotation only the touched object has',
    codes: ['LEK010'],
    plant(planted) {
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
  },
  {
    what: 'a created object that is the only one of its kind',
    codes: ['LEK010'],
    plant(planted) {
      const metadata = { name: 'shop', namespace: 'storefront' };
      const object: KubeObject = { apiVersion: 'networking.k8s.io/v1', kind: 'Ingress', metadata };
      planted.cause({ verb: 'create', object });
      planted.objects((all) => [...all, object]);
      return `${objects}:${lineOf(planted, objects, '"kind":"Ingress"')}`;
    },
  },
  {
    what: 'a file no bundle has',
    codes: ['LEK011'],
    plant(planted) {
      planted.write('public/notes.txt', 'look here');
      return 'public/notes.txt:1';
    },
  },
  {
    what: 'the id of a fault in a file name',
    codes: ['LEK003', 'LEK011'],
    plant(planted) {
      planted.write('public/container-crash-loop.txt', '');
    },
  },
  {
    what: "an operation's summary, as a note on the object",
    codes: ['LEK003'],
    plant(planted) {
      const { operations } = planted.plan();
      planted.object('ConfigMap', 'search-config', ({ metadata }) => {
        metadata.annotations = {
          ...metadata.annotations,
          'kubernetes.io/change-cause': operations[0]?.summary ?? '',
        };
      });
      return at(planted, '"name":"search-config","namespace":"storefront"');
    },
  },
  {
    what: 'a service account that tells',
    codes: ['LEK002'],
    plant(planted) {
      planted.object('Deployment', 'search', (object) => {
        template(object).serviceAccountName = 'fault-runner';
      });
      return at(planted, 'fault-runner');
    },
  },
  {
    what: 'an image that tells',
    codes: ['LEK002'],
    plant(planted) {
      planted.object('Deployment', 'search', (object) => {
        const [container] = template(object).containers;
        if (container) container.image = 'registry.shop.internal/experiment/search:1.0.0';
      });
      return at(planted, 'experiment/search');
    },
  },
  {
    what: 'an annotation that tells',
    codes: ['LEK002'],
    plant(planted) {
      planted.object('ConfigMap', 'search-config', ({ metadata }) => {
        metadata.annotations = { ...metadata.annotations, 'shop.internal/experiment': '7' };
      });
      return at(planted, 'shop.internal/experiment');
    },
  },
  {
    what: 'a feature flag',
    codes: ['LEK001'],
    plant(planted) {
      planted.object('ConfigMap', 'cart-config', (object) => {
        Object.assign(object['data'] as object, { FLAGS: 'see flagd' });
      });
      return at(planted, 'see flagd');
    },
  },
  {
    what: 'an image of another registry on the touched workload only',
    codes: ['LEK010'],
    plant(planted) {
      const containers = [{ name: 'search', image: 'mirror.shop.internal/search:1.0.0' }];
      planted.cause({
        verb: 'patch',
        target: search,
        type: 'strategic',
        body: { spec: { template: { spec: { containers } } } },
      });
      planted.object('Deployment', 'search', (object) => {
        const [container] = template(object).containers;
        if (container) container.image = 'mirror.shop.internal/search:1.0.0';
      });
      return at(planted, 'mirror.shop.internal');
    },
  },
  {
    what: 'a service account that only the touched workload has',
    codes: ['LEK010'],
    plant(planted) {
      const body = { spec: { template: { spec: { serviceAccountName: 'search-two' } } } };
      planted.cause({ verb: 'patch', target: search, type: 'strategic', body });
      planted.object('Deployment', 'search', (object) => {
        template(object).serviceAccountName = 'search-two';
      });
      return at(planted, 'search-two');
    },
  },
  {
    what: 'a log of the touched object with lines that others are thinned of',
    codes: ['LEK012'],
    plant(planted) {
      const file = logOf(planted, 'search');
      planted.edit(file, (text) => {
        const [first = ''] = text.split('\n');
        return `${`${first.slice(0, first.indexOf(' '))} level=info msg="listening"\n`.repeat(2000)}${text}`;
      });
      return `${file}:1`;
    },
  },
  {
    what: 'a log of the touched object that was emptied',
    codes: ['LEK012'],
    plant(planted) {
      planted.truth((truth) => {
        for (const cause of truth.rootCauses) cause.entity = 'storefront/Deployment/search';
        truth.symptoms = [];
        truth.propagation = [];
        truth.triggers = [];
      });
      const file = logOf(planted, 'search');
      planted.write(file, '');
      return `${file}:1`;
    },
  },
];

const set = (body: object) => ({ verb: 'patch', target: config, type: 'merge', body }) as const;

/** Leaks that show when tasks are compared. */
export const leaksAcrossTasks: readonly Plant[] = [
  {
    what: 'a kind',
    codes: ['LEK101'],
    plant(planted, other) {
      const target = { ...config, kind: 'ResourceQuota', name: 'compute' };
      planted.cause({ verb: 'patch', target, type: 'merge', body: { metadata: { name: 'compute' } } });
      other.objects((all) => all.filter(({ kind }) => kind !== 'ResourceQuota'));
    },
  },
  {
    what: 'an object',
    codes: ['LEK102'],
    plant(planted) {
      const metadata = { name: 'tuning', namespace: 'storefront' };
      const object: KubeObject = {
        apiVersion: 'v1',
        kind: 'ConfigMap',
        metadata,
        data: { LOG_LEVEL: 'info' },
      };
      planted.cause({ verb: 'create', object });
      planted.objects((all) => [...all, object]);
    },
  },
  {
    what: 'a label',
    codes: ['LEK103'],
    plant(planted) {
      const labels = { 'shop.internal/tier': 'gold' };
      planted.cause(set({ metadata: { labels } }));
      for (const name of ['search-config', 'cart-config'])
        planted.object('ConfigMap', name, ({ metadata }) => Object.assign(metadata.labels ?? {}, labels));
    },
  },
  {
    what: 'an annotation',
    codes: ['LEK103'],
    plant(planted) {
      const annotations = { 'shop.internal/reviewed': 'yes' };
      planted.cause(set({ metadata: { annotations } }));
      for (const name of ['search-config', 'cart-config'])
        planted.object('ConfigMap', name, ({ metadata }) => {
          metadata.annotations = { ...metadata.annotations, ...annotations };
        });
    },
  },
  {
    what: 'a field',
    codes: ['LEK104'],
    plant(planted) {
      planted.cause(set({ data: { TURBO: 'on' } }));
      planted.object('ConfigMap', 'search-config', (object) =>
        Object.assign(object['data'] as object, { TURBO: 'on' }),
      );
    },
  },
  {
    what: 'alert rules',
    codes: ['LEK105'],
    plant: (_, other) => other.edit('public/alert-rules.yaml', (text) => `${text}# for search\n`),
  },
];

const accept = (name: string) => (planted: Planted) =>
  planted.truth((truth) => truth.rootCauses[0]?.accepted.push(name));
const acceptPodOf = (workload: string) => (planted: Planted) =>
  accept(`storefront/Pod/${logOf(planted, workload).split('/')[3]}`)(planted);

/** Takes away what names the changed setting. */
function forget(planted: Planted): void {
  for (const file of planted.logFiles())
    planted.edit(file, (text) => text.replaceAll(/^.*(?:INDEX_CACHE_MIB|"160s").*\n/gm, ''));
}

/** Mistakes in the truth, and causes that cannot be told from their neighbours. */
export const mistakes: readonly Plant[] = [
  {
    what: 'an accepted name that means nothing',
    codes: ['TRU001'],
    plant: accept('storefront/ConfigMap/no-such'),
  },
  { what: 'an accepted name that means something else', codes: ['TRU001'], plant: acceptPodOf('ads') },
  {
    what: 'a cause listed twice',
    codes: ['TRU001'],
    plant: (planted) => planted.truth((truth) => truth.rootCauses.push(...structuredClone(truth.rootCauses))),
  },
  { what: 'an accepted name that is a symptom', codes: ['TRU002', 'IDN002'], plant: accept(symptom) },
  {
    what: 'an accepted name that is a pod of a symptom',
    codes: ['TRU001', 'TRU002'],
    plant: acceptPodOf('web-frontend'),
  },
  {
    what: 'a symptom that is the cause',
    codes: ['TRU003'],
    plant: (planted) =>
      planted.truth((truth) => truth.symptoms.push({ entity: planting.cause, signals: [] })),
  },
  {
    what: 'a trigger that is the cause',
    codes: ['TRU003'],
    plant: (planted) => planted.truth((truth) => truth.triggers.push(planting.cause)),
  },
  {
    what: 'an edge nobody observed',
    codes: ['TRU004'],
    plant: (planted) =>
      planted.truth((truth) =>
        truth.propagation.push({
          from: symptom,
          to: 'fulfilment/Deployment/email',
          kind: 'called by (http)',
        }),
      ),
  },
  {
    what: 'a reference nobody observed',
    codes: ['TRU004'],
    plant: (planted) =>
      planted.truth((truth) =>
        truth.propagation.push({ from: planting.cause, to: 'storefront/Deployment/cart', kind: 'used by' }),
      ),
  },
  {
    what: 'a symptom no way leads to',
    codes: ['TRU005'],
    plant: (planted) =>
      planted.truth((truth) => {
        truth.propagation = truth.propagation.filter(({ to }) => to !== symptom);
      }),
  },
  {
    what: 'a cause that nothing speaks of',
    codes: ['TRU006', 'IDN001'],
    plant(planted) {
      forget(planted);
      planted.object('ConfigMap', 'search-config', (object) =>
        Object.assign(object['data'] as object, { INDEX_CACHE_MIB: '160' }),
      );
    },
  },
  { what: 'a cause that nothing tells from its neighbour', codes: ['IDN001'], plant: forget },
  {
    what: 'a neighbour that is accepted, and the evidence tells it from the cause',
    codes: ['IDN002'],
    plant: (planted) => {
      planted.truth((truth) => {
        truth.triggers = [];
        truth.symptoms = truth.symptoms.filter(({ entity }) => entity !== 'storefront/Deployment/search');
      });
      accept('storefront/Deployment/search')(planted);
    },
  },
];
