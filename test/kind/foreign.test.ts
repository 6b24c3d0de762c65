import { execFile, execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { parse, parseAllDocuments, stringify } from 'yaml';
import { applyObjects } from '../../src/cluster/kind/apply-objects.ts';
import { waitUntilReady } from '../../src/cluster/kind/workload-readiness.ts';
import type { KubeClient } from '../../src/kube/client.ts';
import { createHttpClient } from '../../src/kube/http-client.ts';
import type { KubeObject } from '../../src/kube/objects.ts';

/**
 * The provider `kubeconfig` on an application that culprit did not bring: a bookstore with a Prometheus and a recorder of
 * its own is imported, broken, recorded, proved and put back.
 */

const kubeconfig = process.env['CULPRIT_TEST_KUBECONFIG'] ?? '';
const bin = join(import.meta.dirname, '..', '..', 'bin', 'culprit.js');
const fixture = join(import.meta.dirname, 'testdata', 'bookstore');
const namespaces = ['bookstore', 'bookstore-monitoring'];
const timeoutMs = 600_000;
/** Where the images are that the cluster's observers run. */
const observerNode = { 'node-role.kubernetes.io/control-plane': '' };

let folder: string;
let kube: KubeClient & AsyncDisposable;

beforeAll(async () => {
  if (kubeconfig === '') throw new Error('run this with: npm run test:kind');
  folder = await mkdtemp(join(tmpdir(), 'foreign-'));
  kube = createHttpClient({ kubeconfig });
  await applyObjects(kube, await bookstore());
  await waitUntilReady(kube, namespaces, { timeoutMs });
  await mkdir(join(folder, 'clusters'), { recursive: true });
  await writeFile(join(folder, 'clusters', 'staging.yaml'), stringify(profile));
}, timeoutMs);

afterAll(async () => {
  for (const name of namespaces)
    await kube?.delete({ apiVersion: 'v1', kind: 'Namespace', name }).catch(() => undefined);
  for (const kind of ['ClusterRole', 'ClusterRoleBinding'])
    await kube
      ?.delete({ apiVersion: 'rbac.authorization.k8s.io/v1', kind, name: 'bookstore-recorder' })
      .catch(() => undefined);
  await kube?.[Symbol.asyncDispose]();
  await rm(folder, { recursive: true, force: true });
}, timeoutMs);

const profile = {
  apiVersion: 'culprit.dev/v1',
  kind: 'ClusterProfile',
  name: 'staging',
  provider: 'kubeconfig',
  kubeconfig: {
    file: kubeconfig,
    namespaces: ['bookstore'],
    prometheus: { namespace: 'bookstore-monitoring', service: 'prometheus:9090' },
    recorder: { namespace: 'bookstore-monitoring', service: 'recorder:8888' },
    load: { namespace: 'bookstore', service: 'visitors:8080' },
  },
  // the seed may draw an incident that is four and a half seconds shorter
  timing: { ruleShare: 0.5, patience: '55s' },
};

test(
  'an application that runs there is imported, and its incident is built and proved',
  async () => {
    const { stdout } = await culprit(
      ...['application', 'import', 'bookstore', '--profile', 'clusters/staging.yaml'],
      ...['--edge', 'bookstore/frontend', '--load', 'bookstore/visitors', '--rate', '5'],
    );
    const application = join(stdout.trim(), 'application.yaml');
    await mendIndicator(application);
    await culprit(
      ...['scenario', 'new', 'books-unreached', '--fault', 'service-selector-mismatch'],
      ...['--application', 'bookstore', '--cluster', 'staging'],
    );
    const scenario = join(folder, 'scenarios', 'bookstore', 'books-unreached.yaml');
    await shorten(scenario);

    const built = JSON.parse((await culprit('build', scenario, '--out', 'snapshots', '--json')).stdout);
    expect(built).toMatchObject([{ provider: 'kubeconfig' }]);
    const bundle = join(folder, 'snapshots', built[0].task);
    await culprit('snapshot', 'verify', bundle);

    const truth = parse(await readFile(join(bundle, 'private', 'ground-truth.yaml'), 'utf8'));
    expect(truth.rootCauses).toMatchObject([{ entity: 'bookstore/Service/api' }]);
    const spans = (await readFile(join(bundle, 'public', 'traces.jsonl'), 'utf8'))
      .split('\n')
      .filter(Boolean);
    expect(spans.length).toBeGreaterThan(100);
    // what may not be touched is not in it either
    const objects = (await readFile(join(bundle, 'public', 'objects.jsonl'), 'utf8')).trim().split('\n');
    const namespaces = objects.flatMap((line) => (JSON.parse(line) as KubeObject).metadata.namespace ?? []);
    expect(new Set(namespaces)).toEqual(new Set(['bookstore']));
    const service = await kube.get({
      apiVersion: 'v1',
      kind: 'Service',
      namespace: 'bookstore',
      name: 'api',
    });
    expect(service['spec']).toMatchObject({ selector: { app: 'api' } });
  },
  timeoutMs,
);

test(
  'what the profile does not name is refused, and stays as it is',
  async () => {
    const before = await configMaps('bookstore-monitoring');
    const narrow = {
      ...profile,
      name: 'narrow',
      kubeconfig: { ...profile.kubeconfig, namespaces: ['bookstore-monitoring'] },
    };
    await writeFile(join(folder, 'clusters', 'narrow.yaml'), stringify(narrow));
    const scenario = join(folder, 'scenarios', 'bookstore', 'books-unreached.yaml');
    const refused = await culprit('build', scenario, '--profile', 'narrow', '--out', 'elsewhere').catch(
      (error: unknown) => error,
    );
    expect(refused).toMatchObject({ stderr: expect.stringContaining('bookstore lives in bookstore too') });
    expect(await configMaps('bookstore-monitoring')).toEqual(before);
  },
  timeoutMs,
);

function culprit(...args: string[]): Promise<{ readonly stdout: string; readonly stderr: string }> {
  // journals of this test only
  const env = { ...process.env, XDG_STATE_HOME: join(folder, 'state') };
  return promisify(execFile)(process.execPath, [bin, ...args], { cwd: folder, env, encoding: 'utf8' });
}

/** The manifests, with the images and the node of what the cluster has already. */
async function bookstore(): Promise<KubeObject[]> {
  const image = async (name: string) => {
    const found = await kube.get({
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      namespace: 'observability',
      name,
    });
    const { template } = found['spec'] as { template: { spec: { containers: { image: string }[] } } };
    return template.spec.containers[0]?.image ?? '';
  };
  const [recorder, prometheus] = [await image('otel-collector'), await image('prometheus')];
  const text = (await readFile(join(fixture, 'bookstore.yaml'), 'utf8'))
    .replaceAll('RECORDER_IMAGE', recorder)
    .replaceAll('PROMETHEUS_IMAGE', prometheus);
  // node runs in all of them; names of its own make them programs of their own
  const { items: nodes } = await kube.list(
    { apiVersion: 'v1', kind: 'Node' },
    { labelSelector: Object.keys(observerNode).join() },
  );
  for (const [name] of text.matchAll(/books\.example\/[\w:.-]+/g))
    for (const { metadata } of nodes) tagImage(metadata.name, recorder, name);
  const data = Object.fromEntries(
    await Promise.all(
      ['server.mjs', 'visitors.mjs'].map(
        async (file) => [file, await readFile(join(fixture, file), 'utf8')] as const,
      ),
    ),
  );
  const code = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'code', namespace: 'bookstore' } };
  const objects = parseAllDocuments(text).map((document) => document.toJS() as KubeObject);
  for (const { kind, ...object } of objects) {
    if (kind !== 'Deployment') continue;
    const { template } = object['spec'] as { template: { spec: Record<string, unknown> } };
    Object.assign(template.spec, { nodeSelector: observerNode, tolerations: [{ operator: 'Exists' }] });
  }
  return [
    ...objects.filter(({ kind }) => kind === 'Namespace'),
    { ...code, data },
    ...objects.filter(({ kind }) => kind !== 'Namespace'),
  ];
}

function tagImage(node: string, from: string, to: string): void {
  execFileSync('docker', [
    'exec',
    node,
    'ctr',
    '--namespace',
    'k8s.io',
    'images',
    'tag',
    '--force',
    from,
    to,
  ]);
}

/** The import guesses the metric of the indicator; the author puts in what the application has. */
async function mendIndicator(path: string): Promise<void> {
  const file = parse(await readFile(path, 'utf8'));
  const rate = (code: string) => `sum(rate(http_requests_total{service="frontend"${code}}[$window]))`;
  file.indicators[0].summary = "Share of visitors' requests answered with an error";
  file.indicators[0].expression = `${rate(',code=~"5.."')} / ${rate('')} or vector(0)`;
  await writeFile(path, stringify(file));
}

async function shorten(path: string): Promise<void> {
  const scenario = parse(await readFile(path, 'utf8'));
  scenario.timeline = { warmUp: '10s', baseline: '30s', incident: '60s' };
  scenario.telemetry = { traceSampling: 1 };
  await writeFile(path, stringify(scenario));
}

async function configMaps(namespace: string): Promise<unknown> {
  return (await kube.list({ apiVersion: 'v1', kind: 'ConfigMap' }, { namespace })).items;
}
