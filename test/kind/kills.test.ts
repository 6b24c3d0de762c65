import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { hash32, key, Random } from '../../src/base/random.ts';
import { diffDesiredState, readDesiredState } from '../../src/fault/desired-state.ts';
import { adaptToServer } from '../../src/kube/adapt-to-server.ts';
import type { KubeClient } from '../../src/kube/client.ts';
import { createHttpClient } from '../../src/kube/http-client.ts';
import type { KubeObject } from '../../src/kube/objects.ts';
import { killObjects } from './kill-operations.ts';

const kubeconfig = process.env['CULPRIT_TEST_KUBECONFIG'] ?? '';
const seed = process.env['CULPRIT_TEST_SEED'] ?? String(process.pid);
const kills = 20;
const namespace = `till-${process.pid}`;
const folder = mkdtempSync(join(tmpdir(), 'kills-'));
// journals of this test only
const env = { ...process.env, XDG_STATE_HOME: folder, NODE_COMPILE_CACHE: join(folder, 'compiled') };

let kube: KubeClient & AsyncDisposable;
let before: readonly KubeObject[];

beforeAll(async () => {
  if (kubeconfig === '') throw new Error('run this with: npm run test:kind');
  const client = createHttpClient({ kubeconfig });
  kube = Object.assign(adaptToServer(client), {
    [Symbol.asyncDispose]: () => client[Symbol.asyncDispose](),
  });
  await kube.create({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } });
  for (const object of killObjects(namespace)) await kube.create(object);
  before = await settled();
}, 120_000);

afterAll(async () => {
  await kube?.delete({ apiVersion: 'v1', kind: 'Namespace', name: namespace });
  await kube?.[Symbol.asyncDispose]();
  rmSync(folder, { recursive: true, force: true });
});

/** Only this namespace: others may work on the cluster too. */
function ours(): Promise<readonly KubeObject[]> {
  return readDesiredState(kube, namespace);
}

/** As `ours`, when the namespace has what every namespace is given: that comes a moment later, one after the other. */
async function settled(): Promise<readonly KubeObject[]> {
  const hasTokens = Number.parseInt((await kube.version()).minor, 10) < 24;
  for (let last: readonly KubeObject[] | undefined; ; ) {
    const now = await ours();
    const kinds = now.map(({ kind }) => kind);
    const tokens = now.filter(({ type }) => type === 'kubernetes.io/service-account-token');
    const isWhole = kinds.includes('ServiceAccount') && (!hasTokens || tokens.length > 0);
    if (isWhole && last !== undefined && diffDesiredState(last, now).length === 0) return now;
    last = now;
    await sleep(3000);
  }
}

test(`recover restores every object after kill -9 at ${kills} random points (CULPRIT_TEST_SEED=${seed})`, {
  timeout: 600_000,
}, async () => {
  const total = Number((await inject([kubeconfig, namespace, '1000000'])).stdout);
  expect(total).toBeGreaterThan(kills);
  expect(diffDesiredState(before, await ours()).length).toBeGreaterThan(8);
  await recover();
  expect(diffDesiredState(before, await ours())).toEqual([]);

  const random = new Random(key(hash32(seed), 'kills'));
  const points = new Set<number>();
  for (let killed = 0; killed < kills; ) {
    const point = random.integer(0, total - 1);
    if (points.has(point)) continue;
    points.add(point);
    const { signal } = await inject([kubeconfig, namespace, String(point)]);
    // a call that is tried again when somebody wrote in between makes runs differ by some calls: one may end before
    if (signal === 'SIGKILL') killed++;
    else expect(point, `not killed at point ${point} of ${total}`).toBeGreaterThan(total - 10);
    await recover();
    expect(diffDesiredState(before, await ours()), `killed at point ${point} of ${total}`).toEqual([]);
  }
});

/** `culprit recover`, as a person would. */
async function recover(): Promise<void> {
  const bin = fileURLToPath(new URL('../../bin/culprit.js', import.meta.url));
  const { code, stdout, stderr } = await run([bin, 'recover', '--kubeconfig', kubeconfig]);
  expect(code, stdout + stderr).toBe(0);
}

async function inject(args: readonly string[]) {
  const script = fileURLToPath(new URL('./inject-and-die.ts', import.meta.url));
  const result = await run(['--no-warnings', script, ...args]);
  if (result.signal === null && result.code !== 0) throw new Error(result.stderr);
  return result;
}

function run(args: readonly string[]): Promise<{
  readonly code: number;
  readonly signal: string | null;
  readonly stdout: string;
  readonly stderr: string;
}> {
  return new Promise((resolve) => {
    execFile(process.execPath, [...args], { env }, (error, stdout, stderr) =>
      resolve({
        code: typeof error?.code === 'number' ? error.code : error === null ? 0 : 1,
        signal: error?.signal ?? null,
        stdout,
        stderr,
      }),
    );
  });
}
