import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { diffBundles } from '../../src/snapshot/diff-bundles.ts';
import { showBundle } from '../../src/snapshot/show-bundle.ts';
import { writeBundle } from '../../src/snapshot/write-bundle.ts';
import {
  buildRecording,
  checkout,
  counter,
  object,
  pod,
  seed,
  span,
  truth,
  window,
} from '../helpers/recording.ts';

let out: string;
beforeEach(() => {
  out = mkdtempSync(join(tmpdir(), 'bundle-'));
});
afterEach(() => rmSync(out, { recursive: true, force: true }));

const write = async (name: string, recording = buildRecording()) => {
  const manifest = await writeBundle(recording, truth, {
    out: join(out, name),
    seed,
    domain: 'sre',
    split: 'public',
    application: { name: 'shop', summary: 'A web shop.', namespaces: ['shop'] },
  });
  return join(out, name, manifest.task);
};

it('tells how bundles differ: objects by field, the rest by row', async () => {
  const before = await write('a');
  expect(await diffBundles(before, await write('b'))).toMatchObject({ same: true, differences: [] });
  const recording = buildRecording();
  const after = await write(
    'c',
    buildRecording({
      objects: recording.objects.map((entry) =>
        entry.object.kind === 'Deployment'
          ? {
              object: object(
                checkout,
                { spec: { replicas: 5 }, status: { availableReplicas: 1 } },
                { generation: 4 },
              ),
            }
          : entry,
      ),
      spanList: [span('checkout', 2), span('frontend', 7)],
      series: [{ name: 'up', series: [counter({ job: 'checkout', namespace: 'shop' }, () => 2)] }],
      logList: [
        {
          namespace: 'shop',
          pod,
          container: 'checkout',
          lines: [{ timeMs: window.startMs + 1.25, text: 'level=info msg="stopped"' }],
        },
      ],
    }),
  );
  const { differences } = await diffBundles(before, after);
  const of = (path: string) => differences.find((difference) => difference.path === path);
  expect(differences.map(({ path }) => path)).toEqual([
    'manifest.json',
    'public/logs/shop/checkout-6d5f8c7b9d-x2x4z/checkout.log',
    'public/metrics/up.tsv',
    'public/objects.jsonl',
    'public/traces.jsonl',
  ]);
  expect(of('public/objects.jsonl')).toMatchObject({
    changed: 1,
    details: [`~ ${checkout} /spec/replicas: replace 5`],
  });
  expect(of('public/traces.jsonl')).toMatchObject({
    added: 1,
    removed: 1,
    details: ['- span trace000001/frontend-1', '+ span trace000007/frontend-7'],
  });
  expect(of('public/metrics/up.tsv')).toMatchObject({ changed: 1 });
  expect(of('public/logs/shop/checkout-6d5f8c7b9d-x2x4z/checkout.log')).toMatchObject({
    added: 1,
    removed: 1,
  });
});

it('shows what is in a bundle', async () => {
  const overview = await showBundle(await write('a'));
  expect(overview).toMatchObject({
    deleted: 1,
    firing: [{ name: 'HighErrorRatio', labels: { service: 'checkout' } }],
    warnings: [['Unhealthy', 3]],
  });
  // Namespace, Deployment with its ReplicaSet and pods, NetworkPolicy
  expect(overview.entities).toBe(3);
  expect(JSON.stringify(overview)).not.toContain('network-policy-deny');
});
