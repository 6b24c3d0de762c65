import { createHash } from 'node:crypto';
import {
  cpSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readGroundTruth, readPrivate } from '../../src/snapshot/private/truth.ts';
import { readPublic } from '../../src/snapshot/public-reader.ts';
import { verifyBundle } from '../../src/snapshot/verify-bundle.ts';
import { type WriteBundleOptions, writeBundle } from '../../src/snapshot/write-bundle.ts';
import { buildRecording, counter, object, pod, seed, span, truth, window } from '../helpers/recording.ts';

let out: string;
beforeEach(() => {
  out = mkdtempSync(join(tmpdir(), 'bundle-'));
});
afterEach(() => rmSync(out, { recursive: true, force: true }));

const options = (): WriteBundleOptions => ({
  out,
  seed,
  domain: 'sre',
  split: 'public',
  application: { name: 'shop', summary: 'A web shop.', namespaces: ['shop', 'shop-data'] },
});

const filesBelow = (root: string): string[] =>
  readdirSync(root, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();

const digestOfTree = (root: string): string => {
  const hash = createHash('sha256');
  for (const path of filesBelow(root)) hash.update(path.slice(root.length)).update(readFileSync(path));
  return hash.digest('hex');
};

async function all<T>(items: AsyncIterable<T>): Promise<T[]> {
  const list: T[] = [];
  for await (const item of items) list.push(item);
  return list;
}

describe('a bundle', () => {
  it('is written whole, verifies, and reads back', async () => {
    const manifest = await writeBundle(buildRecording(), truth, options());
    expect(manifest.task).toMatch(/^[0-9a-hjkmnp-tv-z]{10}$/);
    const path = join(out, manifest.task);
    expect(readdirSync(out)).toEqual([manifest.task]);
    expect(await verifyBundle(path)).toMatchObject({ task: manifest.task, private: 'checked', findings: [] });

    const bundle = await readPublic(path);
    const objects = await all(bundle.objects());
    expect(
      objects.map(({ kind, metadata, deleted }) => [metadata.namespace, kind, metadata.name, deleted]),
    ).toEqual([
      [undefined, 'Namespace', 'shop', undefined],
      ['shop', 'Deployment', 'checkout', undefined],
      ['shop', 'NetworkPolicy', 'checkout', undefined],
      ['shop', 'Pod', 'checkout-6d5f8c7b9d-gone1', '2026-03-04T05:05:01.456Z'],
      ['shop', 'Pod', pod, undefined],
      ['shop', 'ReplicaSet', 'checkout-6d5f8c7b9d', undefined],
    ]);
    expect(await all(bundle.alerts())).toMatchObject([
      { time: '2026-03-04T05:06:00.456Z', state: 'firing', value: 0.5 },
    ]);
    expect((await all(bundle.spans())).map((line) => line.resource['service.name'])).toEqual([
      'frontend',
      'checkout',
    ]);
    expect(await all(bundle.changes())).toEqual([]);
    const [log] = await bundle.logFiles();
    expect(log).toMatchObject({ namespace: 'shop', pod, container: 'checkout' });
    if (log)
      expect(await all(bundle.log(log))).toEqual([
        { time: '2026-03-04T05:00:00.124250000Z', text: 'level=info msg="started"' },
      ]);
    const table = await bundle.metric('up');
    expect(table.rows[0]?.labels).toEqual({ job: 'checkout', namespace: 'shop' });
    expect(table.rows[0]?.values.slice(0, 3)).toEqual([0, 30, 60]);
    expect(await readGroundTruth(path)).toMatchObject({ task: manifest.task, ...truth.groundTruth });
    expect((await readPrivate(path)).provenance).toMatchObject({ seed, scenario: 'test', version: '0.1.0' });
  });

  it('has the same bytes, times and modes every time, whatever order things came in', async () => {
    const recording = buildRecording();
    const first = await writeBundle(recording, truth, options());
    const path = join(out, first.task);
    const before = digestOfTree(path);
    const shuffled = buildRecording({
      objects: [...recording.objects].reverse(),
      spanList: [span('frontend', 1), span('checkout', 2)],
    });
    await expect(writeBundle(shuffled, truth, options())).rejects.toMatchObject({ code: 'bundle-exists' });
    const second = await writeBundle(shuffled, truth, { ...options(), replace: true });
    expect(second).toEqual(first);
    expect(digestOfTree(path)).toBe(before);
    expect(readdirSync(out)).toEqual([first.task]);
    for (const file of [path, ...filesBelow(path)]) {
      expect(statSync(file).mtime.toISOString()).toBe('2000-01-01T00:00:00.000Z');
      expect(statSync(file).mode & 0o777).toBe(file === path ? 0o755 : 0o644);
    }
  });

  it('leaves nothing behind when writing fails', async () => {
    const recording = buildRecording();
    const broken = {
      ...recording,
      // biome-ignore lint/correctness/useYield: it fails before it could
      spans: async function* () {
        throw new Error('the recorder is gone');
      },
    };
    await expect(writeBundle(broken, truth, options())).rejects.toThrow('the recorder is gone');
    expect(readdirSync(out)).toEqual([]);
  });

  it('keeps what tells the answer out of the public part', async () => {
    const last = {
      'kubectl.kubernetes.io/last-applied-configuration': '{"spec":{"ingress":[{}]}}',
      note: 'stays',
    };
    const recording = buildRecording({
      objects: [
        {
          object: object(
            'shop/NetworkPolicy/checkout',
            { status: { observedGeneration: 2 } },
            { generation: 2, annotations: last },
          ),
        },
        { object: object('shop/Deployment/checkout', {}, { generation: 4 }) },
      ],
    });
    const manifest = await writeBundle(recording, truth, options());
    const folder = join(out, manifest.task, 'public');
    const text = filesBelow(folder)
      .map((file) => readFileSync(file, 'utf8'))
      .join('\n');
    expect(text).not.toMatch(/resourceVersion"|managedFields"|last-applied|observedGeneration/);
    expect(text).not.toMatch(/culprit|\binject|\bfault|chaos|05:05:00\.456/i);
    expect(text).toContain('"note":"stays"');
    expect(text).not.toContain('"generation"');
    expect(readFileSync(join(folder, 'README.md'), 'utf8')).toContain(
      'from 2026-03-04T05:00:00.123Z to 2026-03-04T05:10:00.789Z',
    );
    const { provenance } = await readPrivate(join(out, manifest.task));
    expect(provenance.sanitiser).toContainEqual(expect.objectContaining({ rule: 'generation', count: 4 }));
  });

  it('never lets the value of a Secret in, wherever it stands', async () => {
    const password = 'hunter2/"$ecret+é';
    const earlier = 'older-passw0rd';
    const encoded = Buffer.from(password).toString('base64');
    const token = 'eyJhbGciOiJSUzI1NiJ9x.eyJzdWIiOiJ4eHh4In0x.c2lnbmF0dXJlLWhlcmU';
    const secret = object('shop/Secret/orders-db', {
      data: { password: encoded, username: Buffer.from('orders-user').toString('base64') },
    });
    const url = `postgres://orders:${password}@postgres:5432/orders`;
    const planted = buildRecording({
      secretValues: [earlier],
      objects: [
        { object: secret },
        {
          object: object('shop/Secret/bootstrap-token-abcdef', {
            type: 'bootstrap.kubernetes.io/token',
            data: { 'token-secret': encoded },
          }),
        },
        { object: object('shop/ConfigMap/orders', { data: { DSN: url, old: earlier, plain: 'stays' } }) },
        {
          object: object(
            'shop/Pod/orders',
            { spec: { containers: [{ env: [{ name: 'P', value: password }] }] } },
            { annotations: { token } },
          ),
        },
      ],
      changes: [
        {
          timeMs: window.incidentMs,
          verb: 'create',
          ref: { ...secret, name: 'orders-db', namespace: 'shop' },
          patch: [{ op: 'add', path: '', value: secret }],
          resourceVersion: '1',
        },
        {
          timeMs: window.incidentMs,
          verb: 'update',
          ref: { ...secret, name: 'orders-db', namespace: 'shop' },
          patch: [{ op: 'replace', path: '/data/password', value: 'c2hvcnQ=' }],
          resourceVersion: '2',
        },
      ],
      events: [
        {
          ...object('shop/Event/x'),
          involvedObject: { kind: 'Pod' },
          message: `bad ${password} or ${encoded}`,
        },
      ],
      alerts: [
        {
          timeMs: window.endMs,
          state: 'firing',
          name: 'A',
          labels: { l: password },
          annotations: { a: earlier },
          value: Number.NaN,
        },
      ],
      series: [{ name: 'm', series: [counter({ dsn: url }, () => 1)] }],
      spanList: [
        span('orders', 1, {
          statusMessage: `auth ${password}`,
          attributes: { 'db.url': url, n: 1 },
          events: [{ name: 'e', timeMs: window.endMs, attributes: { p: password } }],
        }),
      ],
      logList: [
        {
          namespace: 'shop',
          pod: 'orders',
          container: 'c',
          lines: [{ timeMs: window.startMs, text: JSON.stringify({ url, token, user: 'orders-user' }) }],
        },
      ],
    });
    const action = {
      verb: 'patch',
      target: { kind: 'Secret', name: 'orders-db' },
      type: 'merge',
      body: { stringData: { password: 'tiny' } },
    };
    const manifest = await writeBundle(
      planted,
      { ...truth, plan: { operations: [{ action }, { action: { verb: 'create', object: secret } }] } },
      { ...options(), evidence: ['changes'] },
    );
    const files = filesBelow(join(out, manifest.task));
    for (const file of files)
      for (const value of [password, encoded, earlier, token, 'hunter2', 'c2hvcnQ=', 'tiny', 'abcdef'])
        expect(readFileSync(file, 'utf8'), file).not.toContain(value);
    const objects = readFileSync(join(out, manifest.task, 'public/objects.jsonl'), 'utf8');
    expect(objects).toContain('"data":{"password":"<redacted>","username":"<redacted>"}');
    expect(objects).toContain('"plain":"stays"');
    const log = readFileSync(files.find((file) => file.endsWith('c.log')) ?? '', 'utf8');
    expect(log).toContain('orders-user');
    expect((await verifyBundle(join(out, manifest.task))).findings.map((finding) => finding.code)).toEqual([
      'BND013',
    ]);
  });

  it('stays within its budget and says so', async () => {
    const spanList = Array.from({ length: 4000 }, (_, index) => span('checkout', index));
    const lines = Array.from({ length: 5000 }, (_, index) => ({
      timeMs: window.startMs + index * 100,
      text:
        index % 100 === 0
          ? `level=error msg="timed out ${index}"`
          : `level=info msg="GET /cart/${index} 200"`,
    }));
    const recording = buildRecording({
      spanList,
      logList: [{ namespace: 'shop', pod, container: 'checkout', lines }],
    });
    const budget = { traceBytes: 200_000, logBytesPerContainer: 32 * 1024 };
    const manifest = await writeBundle(recording, truth, { ...options(), budget });
    const size = (name: string) => manifest.files.find((file) => file.path.endsWith(name));
    expect(size('traces.jsonl')?.bytes).toBeLessThan(200_000);
    expect(size('traces.jsonl')?.bytes).toBeGreaterThan(90_000);
    expect(size('checkout.log')?.bytes).toBeLessThan(48 * 1024);
    const path = join(out, manifest.task, 'public');
    const log = readFileSync(join(path, size('checkout.log')?.path.slice(7) ?? ''), 'utf8');
    expect(log.match(/level=error/g)).toHaveLength(50);
    const readme = readFileSync(join(path, 'README.md'), 'utf8');
    expect(readme).toMatch(/of those, one in \d+ is here/);
    expect(readme).toMatch(/checkout\.log`: one in \d+/);
  });
});

describe('verification', () => {
  const damaged = async (damage: (path: string) => void) => {
    const manifest = await writeBundle(buildRecording(), truth, options());
    const path = join(out, 'copy');
    cpSync(join(out, manifest.task), path, { recursive: true });
    damage(path);
    const { findings } = await verifyBundle(path);
    return findings.map(({ code, location }) => `${code} ${location.file}:${location.line}`);
  };

  it.each<[string, (path: string) => void, string[]]>([
    [
      'a changed line',
      (path) => writeFileSync(join(path, 'public/alerts.jsonl'), '{"time":1}\n'),
      ['BND006 public/alerts.jsonl:1', 'BND009 public/alerts.jsonl:1'],
    ],
    ['a lost file', (path) => rmSync(join(path, 'public/events.jsonl')), ['BND009 public/events.jsonl:1']],
    [
      'an extra file',
      (path) => writeFileSync(join(path, 'public/notes.txt'), 'x'),
      ['BND003 public/notes.txt:1'],
    ],
    ['a link', (path) => symlinkSync('/etc/passwd', join(path, 'public/link')), ['BND001 .:1']],
    [
      'another truth',
      (path) => {
        const file = join(path, 'private/ground-truth.yaml');
        writeFileSync(
          file,
          readFileSync(file, 'utf8').replace('NetworkPolicy/checkout', 'NetworkPolicy/other'),
        );
      },
      ['BND011 manifest.json:1', 'BND013 private/ground-truth.yaml:1'],
    ],
    [
      'half a private part',
      (path) => rmSync(join(path, 'private/plan.yaml')),
      ['BND010 private/plan.yaml:1'],
    ],
    ['no private part', (path) => rmSync(join(path, 'private'), { recursive: true }), []],
    ['no manifest', (path) => rmSync(join(path, 'manifest.json')), ['BND002 manifest.json:1']],
    [
      'binary rubbish',
      (path) => writeFileSync(join(path, 'public/traces.jsonl'), Buffer.from([0xff, 0xfe, 10, 0x7b])),
      ['BND006 public/traces.jsonl:1', 'BND009 public/traces.jsonl:1'],
    ],
  ])('tells of %s', async (_, damage, expected) => expect(await damaged(damage)).toEqual(expected));

  it('is not fooled by paths that lead outside', async () => {
    const manifest = await writeBundle(buildRecording(), truth, options());
    const bundle = await readPublic(join(out, manifest.task));
    for (const path of ['../private/ground-truth.yaml', 'logs/../../manifest.json', '/etc/passwd', 'logs//x'])
      await expect(all(bundle.log({ path, namespace: '', pod: '', container: '' }))).rejects.toMatchObject({
        code: 'bundle-file',
      });
    await expect(bundle.metric('../../private/plan')).rejects.toMatchObject({ code: 'bundle-file' });
  });
});
