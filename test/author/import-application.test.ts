import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { parse } from 'yaml';
import { importApplication } from '../../src/author/import-application.ts';
import { dependencies } from '../../src/fault/call-graph.ts';
import { viewFromManifests } from '../../src/fault/view.ts';
import { nameOf } from '../../src/fault/workloads.ts';
import type { Application } from '../../src/spec/application.ts';
import { loadApplication } from '../../src/spec/load-application.ts';
import { packageRoot } from '../../src/spec/workspace.ts';

let folder: string;
let shop: Application;
let imported: Application;
let files: ReadonlyMap<string, string>;

beforeAll(async () => {
  const loaded = await loadApplication(join(packageRoot, 'clusters/apps/shop'));
  if (!loaded.ok) throw new Error('shop is valid');
  shop = loaded.value;
  files = importApplication({
    name: 'found',
    namespaces: ['storefront', 'fulfilment', 'synthetics'],
    objects: shop.manifests,
    edge: shop.file.edge,
    load: shop.file.load,
    rules: { groups: [{ name: 'g', rules: [alert] }] },
  });
  folder = join(await mkdtemp(join(tmpdir(), 'import-')), 'found');
  for (const [name, text] of files) {
    await mkdir(dirname(join(folder, name)), { recursive: true });
    await writeFile(join(folder, name), text);
  }
  const again = await loadApplication(folder);
  expect(again.diagnostics).toEqual([]);
  if (again.ok) imported = again.value;
});

afterAll(() => rm(dirname(folder), { recursive: true }));

const alert = {
  type: 'alerting',
  name: 'Down',
  query: 'up == 0',
  duration: 90,
  labels: { severity: 'warning' },
  annotations: {},
};

function calls(application: Application): string[] {
  return dependencies(viewFromManifests(application)).map(
    ({ caller, service, servicePort }) => `${nameOf(caller)} > ${nameOf(service)}:${servicePort}`,
  );
}

test('who calls whom is found in the environment', () => {
  expect(new Set(calls(imported))).toEqual(new Set(calls(shop)));
});

test('every workload, Service and policy is there, but nothing of a namespace that was not named', () => {
  const names = (application: Application) =>
    application.manifests
      .filter(({ kind }) => ['Deployment', 'StatefulSet', 'Service', 'NetworkPolicy'].includes(kind))
      .map(nameOf);
  expect(names(imported).sort()).toEqual(names(shop).sort());
  expect(imported.manifests.filter(({ metadata }) => metadata.namespace === 'observability')).toEqual([]);
});

test('no value of a Secret is written, only that it is there', () => {
  const text = [...files.values()].join('');
  for (const secret of shop.manifests.filter(({ kind }) => kind === 'Secret'))
    for (const [key, value] of Object.entries(secret['data'] as Record<string, string>)) {
      expect(text).toContain(key);
      expect(text).not.toContain(value);
    }
});

test('the alerts are those that Prometheus evaluates', () => {
  expect(parse(imported.rules)).toEqual({
    groups: [
      {
        name: 'g',
        rules: [{ alert: 'Down', expr: 'up == 0', for: '1m30s', labels: { severity: 'warning' } }],
      },
    ],
  });
});
