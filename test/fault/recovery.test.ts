import { execFile } from 'node:child_process';
import { appendFileSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { diffDesiredState } from '../../src/fault/desired-state.ts';
import { Injection } from '../../src/fault/injector.ts';
import { recover } from '../../src/fault/recovery.ts';
import type { KubeObject } from '../../src/spec/kube-types.ts';
import { FileCluster } from './file-kube.ts';
import { scriptedObjects } from './scripted-objects.ts';
import { scriptedOperations } from './scripted-plan.ts';

const objects = await scriptedObjects();
const orders = { apiVersion: 'v1', kind: 'ConfigMap', namespace: 'back', name: 'orders' };
let folder = '';
let journal = '';
let cluster: FileCluster;
let before: readonly KubeObject[] = [];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'journal-'));
  journal = join(folder, 'journal.jsonl');
  cluster = FileCluster.create(join(folder, 'state.json'), objects);
  before = cluster.objects;
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** Pods that were deleted come back only where there are controllers. */
const left = () => diffDesiredState(before, cluster.objects);

describe('recovery', () => {
  it('puts everything back, newest first, and frees the cluster', async () => {
    const injection = await Injection.open(journal, cluster);
    for (const operation of scriptedOperations) await injection.execute(operation);
    expect(left().map((d) => `${d.entity} ${d.path}`)).toContain('back/NetworkPolicy/oven-ingress ');
    expect(cluster.stopped).toEqual(['worker-2']);
    const report = await injection.recover();
    await injection.close();
    expect(report.isClean).toBe(true);
    expect(report.operations[0]?.operation).toBe('script/10');
    expect(left()).toEqual([]);
    expect(cluster.stopped).toEqual([]);
    expect(await cluster.load.loadFactor()).toBe(1);
    // again: nothing to do, and another injection may begin
    expect((await recover(journal, cluster)).operations).toEqual([]);
    const next = await Injection.open(journal, cluster);
    await next.close();
  });

  it('survives a kill -9 before and after every change, from another process', {
    timeout: 120_000,
  }, async () => {
    const total = Number((await runChild(1e9)).stdout);
    expect(total).toBeGreaterThan(20);
    await recover(journal, cluster);
    expect(left()).toEqual([]);
    for (let at = 0; at < total; at++) {
      cluster = FileCluster.create(join(folder, 'state.json'), objects);
      const child = await runChild(at);
      expect(child.signal).toBe('SIGKILL');
      // the dead process' lock does not hold, its journal does
      await expect(Injection.open(journal, cluster)).rejects.toMatchObject({ code: 'injection-open' });
      const report = await recover(journal, cluster);
      expect({
        at,
        report: report.isClean,
        left: left(),
        stopped: cluster.stopped,
        load: await cluster.load.loadFactor(),
      }).toEqual({
        at,
        report: true,
        left: [],
        stopped: [],
        load: 1,
      });
    }
  });

  it('may itself be killed: what it undid already stays undone', async () => {
    const injection = await Injection.open(journal, cluster);
    for (const operation of scriptedOperations) await injection.execute(operation);
    await injection.close();
    for (let changes = 1; ; changes++) {
      let seen = 0;
      cluster.onChange = (when) => {
        if (when === 'after' && ++seen === changes) throw new Error('power cut');
      };
      const outcome = await recover(journal, cluster).catch(() => undefined);
      if (outcome !== undefined) break;
    }
    expect(left()).toEqual([]);
  });

  it('reads a journal whose last line is torn at any byte', async () => {
    const injection = await Injection.open(journal, cluster);
    await injection.execute(scriptedOperations[0]!);
    await injection.close();
    const whole = readFileSync(journal);
    const lastLine = whole.lastIndexOf(10, whole.length - 2) + 1;
    for (const length of [
      lastLine,
      lastLine + 1,
      Math.floor((lastLine + whole.length) / 2),
      whole.length - 1,
    ]) {
      cluster = FileCluster.create(join(folder, 'state.json'), objects);
      await cluster.kube.patch(orders, 'merge', { data: { POOL: '1' } });
      writeFileSync(journal, whole.subarray(0, length));
      expect((await recover(journal, cluster)).isClean).toBe(true);
      expect(left()).toEqual([]);
    }
  });

  it('says so when the middle of a journal is damaged', async () => {
    const injection = await Injection.open(journal, cluster);
    await injection.execute(scriptedOperations[0]!);
    await injection.close();
    appendFileSync(journal, '{"type":\n{"type":"closed"}\n');
    await expect(recover(journal, cluster)).rejects.toMatchObject({ code: 'journal-damaged' });
  });

  it('keeps and reports what somebody else changed meanwhile, and undoes the rest', async () => {
    const injection = await Injection.open(journal, cluster);
    for (const operation of scriptedOperations.slice(0, 4)) await injection.execute(operation);
    await injection.close();
    const deployment = { apiVersion: 'apps/v1', kind: 'Deployment', namespace: 'back', name: 'orders' };
    await cluster.kube.patch(orders, 'merge', { data: { POOL: '20', added: 'by somebody' } });
    await cluster.kube.patch(deployment, 'merge', {
      spec: { replicas: 5 },
      metadata: { annotations: { note: 'mine' } },
    });
    await cluster.kube.patch(
      { apiVersion: 'networking.k8s.io/v1', kind: 'NetworkPolicy', namespace: 'back', name: 'oven-ingress' },
      'merge',
      { spec: { ingress: [{}] } },
    );
    const report = await recover(journal, cluster);
    expect(report.isClean).toBe(false);
    expect(report.operations.map((o) => [o.operation, o.outcome])).toEqual([
      ['script/4', 'kept'],
      ['script/3', 'undone'],
      ['script/2', 'undone'],
      ['script/1', 'kept'],
    ]);
    expect(report.operations[3]?.detail).toContain('/data/POOL of back/ConfigMap/orders');
    expect(left().map((d) => `${d.entity} ${d.path}`)).toEqual([
      'back/ConfigMap/orders /data/POOL',
      'back/ConfigMap/orders /data/added',
      'back/Deployment/orders /metadata/annotations/note',
      'back/Deployment/orders /spec/replicas',
      'back/NetworkPolicy/oven-ingress ',
    ]);
  });

  it('refuses a second injection while one runs, and while one is not recovered', async () => {
    const injection = await Injection.open(journal, cluster);
    await expect(Injection.open(journal, cluster)).rejects.toMatchObject({ code: 'injection-running' });
    await expect(recover(journal, cluster)).rejects.toMatchObject({ code: 'injection-running' });
    await injection.execute(scriptedOperations[0]!);
    await injection.close();
    await expect(Injection.open(journal, cluster)).rejects.toMatchObject({
      code: 'injection-open',
      hint: expect.stringContaining('culprit recover'),
    });
  });

  it('leaves the journal to its owner alone: it may hold Secrets', async () => {
    const injection = await Injection.open(journal, cluster);
    await injection.close();
    expect(statSync(journal).mode & 0o077).toBe(0);
  });
});

describe('an executed operation', () => {
  it('names the objects and fields it really changed', async () => {
    await using injection = await Injection.open(journal, cluster);
    const done = await injection.execute(scriptedOperations[2]!);
    expect(done.touched.map((t) => [t.ref.name, t.fields])).toEqual([
      ['orders', ['/spec/strategy/type', '/spec/template/spec/containers/[orders]/image']],
    ]);
    expect((await injection.execute(scriptedOperations[2]!)).outcome).toBe('unchanged');
    const stopped = await injection.execute(scriptedOperations[6]!);
    expect(stopped.operation.action).toEqual({ verb: 'stop-node', node: 'worker-2' });
    expect(stopped.touched.map((t) => t.ref.name)).toEqual(['worker-2']);
  });

  it('that may fail and is refused lets the plan go on; any other failure stops it', async () => {
    await using injection = await Injection.open(journal, cluster);
    const missing = { ...orders, name: 'nowhere' };
    const operation = {
      ...scriptedOperations[0]!,
      action: { verb: 'patch', target: missing, type: 'merge', body: { data: {} } } as const,
    };
    expect(await injection.execute({ ...operation, mayFail: true })).toMatchObject({
      outcome: 'refused',
      touched: [],
    });
    await expect(injection.execute(operation)).rejects.toMatchObject({ code: 'operation-failed' });
    expect((await injection.recover()).isClean).toBe(true);
  });
});

function runChild(at: number): Promise<{ stdout: string; signal: string | null | undefined }> {
  const script = fileURLToPath(new URL('./inject-and-die.ts', import.meta.url));
  return new Promise((resolve) => {
    execFile(
      process.execPath,
      ['--no-warnings', script, join(folder, 'state.json'), journal, String(at)],
      (error, stdout, stderr) => {
        if (error && !error.signal) throw new Error(stderr);
        resolve({ stdout, signal: error?.signal ?? null });
      },
    );
  });
}
