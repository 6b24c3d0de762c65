import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type ServedApi, serveApi } from '../../../../src/cluster/embedded/api/http-front-end.ts';
import type { ApiStore } from '../../../../src/cluster/embedded/api/store.ts';
import { emptyStore, manager, pass, pod, serverFor } from './api-fixture.ts';

const kubectl = ['/usr/bin/kubectl', '/usr/local/bin/kubectl'].find((path) => existsSync(path));
const run = promisify(execFile);

const manifest = `
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: shop, labels: {app: web}}
spec:
  replicas: 2
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers:
      - {name: app, image: "shop/web:1.0", ports: [{containerPort: 8080}], env: [{name: A, value: "1"}, {name: B, value: "2"}]}
---
apiVersion: v1
kind: Service
metadata: {name: web, namespace: shop}
spec: {selector: {app: web}, ports: [{port: 80, targetPort: 8080}]}
`;

describe.skipIf(kubectl === undefined)('a stock kubectl', () => {
  const directory = mkdtempSync(join(tmpdir(), 'kubectl-'));
  const file = join(directory, 'web.yaml');
  let store: ApiStore;
  let served: ServedApi;

  const k = async (...args: string[]): Promise<string> => {
    const flags = [
      '--kubeconfig',
      join(directory, 'kubeconfig'),
      '--cache-dir',
      join(directory, 'cache'),
      '-n',
      'shop',
    ];
    const { stdout, stderr } = await run(kubectl ?? '', [...flags, ...args], { timeout: 20_000 });
    return stdout + stderr;
  };
  const refusal = async (...args: string[]): Promise<string> =>
    k(...args).then(
      (out) => `accepted: ${out}`,
      (error: { stderr: string }) => error.stderr,
    );
  const cells = (out: string) =>
    out
      .trim()
      .split('\n')
      .map((line) => line.trim().split(/ {2,}/));

  beforeAll(async () => {
    store = emptyStore();
    served = await serveApi(serverFor(store), { port: 0, name: 'test' });
    writeFileSync(join(directory, 'kubeconfig'), served.kubeconfig);
    writeFileSync(file, manifest);
    store.create(
      {
        apiVersion: 'v1',
        kind: 'Node',
        metadata: { name: 'node-1', labels: { 'node-role.kubernetes.io/worker': '' } },
        status: {
          allocatable: { cpu: '4', memory: '16Gi' },
          addresses: [{ type: 'InternalIP', address: '10.0.0.1' }],
          conditions: [{ type: 'Ready', status: 'True' }],
          nodeInfo: {
            kubeletVersion: 'v1.34.2',
            osImage: 'Debian',
            kernelVersion: '6.12',
            containerRuntimeVersion: 'containerd://2.1.5',
          },
        },
      },
      manager,
    );
    const placed = store.create(pod('web-1', { nodeName: 'node-1' }, { labels: { app: 'web' } }), {
      manager: 'kubelet',
    });
    const running = {
      phase: 'Running',
      podIP: '10.244.1.2',
      conditions: [{ type: 'Ready', status: 'True' }],
      containerStatuses: [
        {
          name: 'app',
          ready: true,
          restartCount: 3,
          state: { running: {} },
          lastState: {
            terminated: { exitCode: 137, reason: 'OOMKilled', finishedAt: '2026-03-01T00:00:00Z' },
          },
        },
      ],
    };
    store.updateStatus({ ...placed, status: running }, { manager: 'kubelet' });
    const broken = store.create(pod('web-2', { nodeName: 'node-1' }, { labels: { app: 'web' } }), {
      manager: 'kubelet',
    });
    store.updateStatus(
      {
        ...broken,
        status: {
          phase: 'Pending',
          containerStatuses: [
            {
              name: 'app',
              ready: false,
              restartCount: 0,
              state: { waiting: { reason: 'ImagePullBackOff' } },
            },
          ],
        },
      },
      { manager: 'kubelet' },
    );
    store.events.record(
      broken,
      'Warning',
      'Failed',
      'Error: ImagePullBackOff',
      { component: 'kubelet', host: 'node-1' },
      'spec.containers{app}',
    );
    pass(store, 200_000);
  });
  afterAll(async () => {
    await served?.close();
    rmSync(directory, { recursive: true, force: true });
  });

  test('apply, again, and with a change', async () => {
    expect(await k('apply', '-f', file)).toBe('deployment.apps/web created\nservice/web created\n');
    expect(await k('apply', '-f', file)).toBe('deployment.apps/web unchanged\nservice/web unchanged\n');
    writeFileSync(file, manifest.replace('value: "2"', 'value: "3"'));
    expect(await k('apply', '-f', file)).toBe('deployment.apps/web configured\nservice/web unchanged\n');
    expect(await k('get', 'deploy', 'web', '-o', 'jsonpath={.spec.template.spec.containers[0].env}')).toBe(
      '[{"name":"A","value":"1"},{"name":"B","value":"3"}]',
    );
    expect(await k('apply', '--server-side', '--force-conflicts', '-f', file)).toContain(
      'deployment.apps/web serverside-applied',
    );
  });

  test('get: the usual columns', async () => {
    expect(cells(await k('get', 'pods', '-o', 'wide'))).toEqual([
      ['NAME', 'READY', 'STATUS', 'RESTARTS', 'AGE', 'IP', 'NODE', 'NOMINATED NODE', 'READINESS GATES'],
      ['web-1', '1/1', 'Running', '3 (3m20s ago)', '3m20s', '10.244.1.2', 'node-1', '<none>', '<none>'],
      ['web-2', '0/1', 'ImagePullBackOff', '0', '3m20s', '<none>', 'node-1', '<none>', '<none>'],
    ]);
    expect(cells(await k('get', 'deploy,svc')).slice(0, 2)).toEqual([
      ['NAME', 'READY', 'UP-TO-DATE', 'AVAILABLE', 'AGE'],
      ['deployment.apps/web', '0/2', '0', '0', '0s'],
    ]);
    expect(cells(await k('get', 'nodes'))[1]).toEqual(['node-1', 'Ready', 'worker', '3m20s', 'v1.34.2']);
    expect(cells(await k('get', 'events'))[1]).toEqual([
      '3m20s',
      'Warning',
      'Failed',
      'pod/web-2',
      'Error: ImagePullBackOff',
    ]);
    expect(await k('get', 'deploy', 'web', '-o', 'yaml')).toContain('progressDeadlineSeconds: 600');
    expect(await refusal('get', 'cronjobs')).toContain('the server doesn\'t have a resource type "cronjobs"');
  });

  test('describe, logs, events, top, who may what', async () => {
    const described = await k('describe', 'pod', 'web-2');
    expect(described).toMatch(/Warning\s+Failed\s+.*kubelet\s+Error: ImagePullBackOff/);
    expect(described).toContain('ConfigMapName:           kube-root-ca.crt');
    expect(await k('describe', 'deploy', 'web')).toContain(
      'RollingUpdateStrategy:  25% max unavailable, 25% max surge',
    );
    expect(await k('describe', 'node', 'node-1')).toMatch(/Non-terminated Pods:\s+\(2 in total\)/);
    expect(await k('logs', 'web-1', '--tail=1', '--timestamps')).toBe(
      '2026-03-01T00:00:01.000000000Z second\n',
    );
    expect(await refusal('logs', 'web-2')).toContain(
      'container "app" in pod "web-2" is waiting to start: trying and failing to pull image',
    );
    expect(await k('events')).toContain('ImagePullBackOff');
    expect(cells(await k('top', 'pods'))[1]).toEqual(['web-1', '12m', '50Mi']);
    expect(await k('top', 'nodes')).toMatch(/node-1\s+250m\s+6%\s+1024Mi\s+6%/);
    expect(await k('auth', 'can-i', 'create', 'pods')).toBe('yes\n');
  });

  test('patch, scale, rollout, label', async () => {
    const patchOf = (type: string, patch: string) => k('patch', 'deploy', 'web', '--type', type, '-p', patch);
    expect(
      await patchOf(
        'strategic',
        '{"spec":{"template":{"spec":{"containers":[{"name":"app","env":[{"name":"A","value":"9"}]}]}}}}',
      ),
    ).toBe('deployment.apps/web patched\n');
    expect(await patchOf('merge', '{"metadata":{"labels":{"x":"y"}}}')).toBe('deployment.apps/web patched\n');
    expect(
      await patchOf(
        'json',
        '[{"op":"replace","path":"/spec/template/spec/containers/0/image","value":"shop/web:1.1"}]',
      ),
    ).toBe('deployment.apps/web patched\n');
    expect(
      await k(
        'get',
        'deploy',
        'web',
        '-o',
        'jsonpath={.spec.template.spec.containers[0].image} {.spec.template.spec.containers[0].env[0].value}',
      ),
    ).toBe('shop/web:1.1 9');
    expect(await k('scale', 'deploy', 'web', '--replicas=3')).toBe('deployment.apps/web scaled\n');
    expect(await k('rollout', 'restart', 'deploy', 'web')).toBe('deployment.apps/web restarted\n');
    const web = store.get('deployments.apps', 'shop', 'web')!;
    expect(web['spec']).toMatchObject({
      replicas: 3,
      template: { metadata: { annotations: { 'kubectl.kubernetes.io/restartedAt': expect.any(String) } } },
    });
    setTimeout(() => {
      const now = store.get('deployments.apps', 'shop', 'web')!;
      const done = {
        observedGeneration: now.metadata.generation,
        replicas: 3,
        updatedReplicas: 3,
        readyReplicas: 3,
        availableReplicas: 3,
      };
      store.updateStatus({ ...now, status: done }, manager);
    }, 700);
    expect(await k('rollout', 'status', 'deploy', 'web', '--timeout=10s')).toMatch(
      /Waiting for.*[\s\S]*deployment "web" successfully rolled out/,
    );
    expect(await k('rollout', 'history', 'deploy', 'web')).toContain('No rollout history found');
  });

  test('cordon, delete, refusals', async () => {
    expect(await k('cordon', 'node-1')).toBe('node/node-1 cordoned\n');
    expect(cells(await k('get', 'nodes'))[1]?.[1]).toBe('Ready,SchedulingDisabled');
    expect(await k('delete', 'svc', 'web')).toContain('service "web" deleted');
    expect(await k('delete', 'pod', 'web-2', '--grace-period=0', '--force')).toContain(
      'pod "web-2" force deleted',
    );
    expect(
      await refusal(
        'patch',
        'deploy',
        'web',
        '--type',
        'merge',
        '-p',
        '{"spec":{"selector":{"matchLabels":{"app":"x"}}}}',
      ),
    ).toContain('field is immutable');
    expect(
      await refusal('patch', 'deploy', 'web', '--type', 'merge', '-p', '{"spec":{"replicas":"many"}}'),
    ).toContain('cannot unmarshal string');
    writeFileSync(file, manifest.replace('replicas: 2', 'replicaz: 2'));
    expect(await refusal('apply', '-f', file)).toContain(
      'strict decoding error: unknown field "spec.replicaz"',
    );
  });
});
