import { describe, expect, test } from 'vitest';
import { deployment, operator, ScriptedWorld } from '../world/scripted-world.ts';

function only(world: ScriptedWorld) {
  const [pod] = world.pods();
  const status = pod?.status?.containerStatuses?.[0];
  return { pod, status, waiting: status?.state.waiting };
}

/** Seconds after the world's start at which the container was started. */
function starts(world: ScriptedWorld): number[] {
  const [pod] = world.pods();
  const uid = pod?.metadata.uid ?? '';
  return world.logs
    .files(uid, 'main')
    .map((file) => ((file.lines[0]?.timeMs ?? 0) - world.simulation.startMs) / 1000);
}

describe('a container that crashes', () => {
  test('is started again after 0, 10, 20, 40, 80, 160, 300 s and says so', () => {
    const world = new ScriptedWorld();
    world.apply(deployment('web', 'app/crash:1', { replicas: 1 }));
    world.pass(1200);
    const gaps = starts(world)
      .map((at, i, all) => at - (all[i - 1] ?? at))
      .slice(1);
    const delays = [0, 10, 20, 40, 80, 160, 300];
    delays.forEach((delay, i) => {
      expect(gaps[i]).toBeGreaterThan(delay);
      // the kubelet looks again every 10 to 15 s
      expect(gaps[i]).toBeLessThan(delay + 17);
    });
    const { pod, status, waiting } = only(world);
    const name = `web-${pod?.metadata.name.slice(4)}_shop(${pod?.metadata.uid})`;
    expect(waiting).toEqual({
      reason: 'CrashLoopBackOff',
      message: `back-off 5m0s restarting failed container=main pod=${name}`,
    });
    expect(status?.lastState.terminated).toMatchObject({ exitCode: 1, reason: 'Error' });
    expect(status?.restartCount).toBe(starts(world).length - 1);
    expect(pod?.status?.phase).toBe('Running');
    const [backOff] = world.events('BackOff');
    expect(backOff?.message).toBe(`Back-off restarting failed container main in pod ${name}`);
    // the recorder's spam filter swallows the rest
    expect(backOff?.count).toBeGreaterThan(8);
  });

  test('for lack of memory is OOMKilled with exit code 137', () => {
    const world = new ScriptedWorld();
    world.apply(deployment('web', 'app/oom:1', { replicas: 1 }));
    world.pass(45);
    expect(only(world).status?.lastState.terminated).toMatchObject({ exitCode: 137, reason: 'OOMKilled' });
    expect(only(world).status?.restartCount).toBeGreaterThan(0);
  });
});

describe('an image', () => {
  test('that is not there ends in ImagePullBackOff with the real texts and pauses', () => {
    const world = new ScriptedWorld();
    world.apply(deployment('web', 'registry.test/shop/web:missing', { replicas: 1 }));
    world.pass(5);
    const error =
      'rpc error: code = NotFound desc = failed to pull and unpack image "registry.test/shop/web:missing": failed to resolve reference "registry.test/shop/web:missing": registry.test/shop/web:missing: not found';
    expect(world.events('Failed').map((event) => event.message)).toEqual(
      expect.arrayContaining([
        `Failed to pull image "registry.test/shop/web:missing": ${error}`,
        'Error: ErrImagePull',
        'Error: ImagePullBackOff',
      ]),
    );
    expect(only(world).waiting).toEqual({
      reason: 'ImagePullBackOff',
      message: `Back-off pulling image "registry.test/shop/web:missing": ErrImagePull: ${error}`,
    });
    world.pass(595);
    const attempts = world.pulls
      .filter((pull) => pull.image === 'registry.test/shop/web:missing')
      .map((pull) => pull.atMs / 1000);
    const delays = [10, 20, 40, 80, 160];
    delays.forEach((delay, i) => {
      const gap = (attempts[i + 1] ?? 0) - (attempts[i] ?? 0);
      expect(gap).toBeGreaterThan(delay);
      expect(gap).toBeLessThan(delay + 18);
    });
    expect(world.events('Pulling')[0]?.count).toBeGreaterThanOrEqual(4);
    expect(only(world).pod?.status?.phase).toBe('Pending');
  });

  test('is pulled once for a node and then there', () => {
    const world = new ScriptedWorld({ workers: 1 });
    world.apply(deployment('web', 'app/web:1', { replicas: 2 }));
    world.pass(15);
    const pulled = world.events('Pulled').map((event) => event.message);
    expect(
      pulled.filter((message) =>
        /^Successfully pulled image "app\/web:1" in \d+(ms|\.\d+s|s) \(.* including waiting\)\. Image size: 20000000 bytes\.$/.test(
          message,
        ),
      ).length,
    ).toBeGreaterThan(0);
    world.edit('deployments.apps', 'web', (object) => ({
      ...object,
      spec: { ...(object['spec'] as object), replicas: 3 },
    }));
    world.pass(15);
    expect(world.events('Pulled').map((event) => event.message)).toContain(
      'Container image "app/web:1" already present on machine',
    );
  });
});

describe('configuration', () => {
  test('that is missing holds the container with CreateContainerConfigError until it is there', () => {
    const world = new ScriptedWorld();
    const env = [{ name: 'GREETING', valueFrom: { configMapKeyRef: { name: 'settings', key: 'greeting' } } }];
    world.apply(deployment('web', 'app/web:1', { replicas: 1, container: { env } }));
    world.pass(10);
    expect(only(world).waiting).toEqual({
      reason: 'CreateContainerConfigError',
      message: 'configmap "settings" not found',
    });
    expect(world.events('Failed')[0]?.message).toBe('Error: configmap "settings" not found');
    world.apply({
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'settings', namespace: 'shop' },
      data: { other: 'x' },
    });
    world.pass(20);
    expect(only(world).waiting?.message).toBe("couldn't find key greeting in ConfigMap shop/settings");
    world.edit('configmaps', 'settings', (object) => ({ ...object, data: { greeting: 'hello' } }));
    world.pass(30);
    expect(only(world).status?.ready).toBe(true);
    const { pod } = only(world);
    const lines = world.logs.read({ podUid: pod?.metadata.uid ?? '', container: 'main', previous: false });
    expect(lines?.map((line) => line.text)).toEqual(['start 0 GREETING=hello']);
  });

  test('of a volume that is missing keeps the pod in ContainerCreating with FailedMount', () => {
    const world = new ScriptedWorld();
    world.apply(
      deployment('web', 'app/web:1', {
        replicas: 1,
        pod: { volumes: [{ name: 'certs', secret: { secretName: 'tls' } }] },
      }),
    );
    world.pass(30);
    expect(only(world).waiting).toEqual({ reason: 'ContainerCreating' });
    expect(world.events('FailedMount')[0]?.message).toBe(
      'MountVolume.SetUp failed for volume "certs" : secret "tls" not found',
    );
  });
});

describe('probes', () => {
  test('that fail make a container unready, or restart it, in the words of a kubelet', () => {
    const world = new ScriptedWorld();
    const livenessProbe = { httpGet: { path: '/sick', port: 8080 }, periodSeconds: 5, failureThreshold: 3 };
    const readinessProbe = { tcpSocket: { port: 9999 }, periodSeconds: 5 };
    world.apply(
      deployment('web', 'app/web:1', { replicas: 1, container: { livenessProbe, readinessProbe } }),
    );
    world.pass(30);
    const { pod, status } = only(world);
    const texts = world.events('Unhealthy').map((event) => event.message);
    expect(texts).toContain('Liveness probe failed: HTTP probe failed with statuscode: 503');
    expect(texts).toContain(
      `Readiness probe failed: dial tcp ${pod?.status?.podIP}:9999: connect: connection refused`,
    );
    expect(world.events('Killing')[0]?.message).toBe(
      'Container main failed liveness probe, will be restarted',
    );
    expect(status?.restartCount).toBe(1);
    const ready = pod?.status?.conditions?.find((one) => one.type === 'Ready');
    expect(ready).toMatchObject({
      status: 'False',
      reason: 'ContainersNotReady',
      message: 'containers with unready status: [main]',
    });
  });
});

describe('the end of a pod', () => {
  test('comes at once after SIGTERM, or with SIGKILL when the grace is over', () => {
    const world = new ScriptedWorld();
    world.apply(deployment('web', 'app/deaf:1', { replicas: 1, pod: { terminationGracePeriodSeconds: 20 } }));
    world.pass(15);
    const { pod } = only(world);
    world.store.remove(
      { apiVersion: 'v1', kind: 'Pod', namespace: 'shop', name: pod?.metadata.name ?? '' },
      operator,
    );
    world.pass(15);
    expect(
      world.pods().find((one) => one.metadata.uid === pod?.metadata.uid)?.metadata.deletionTimestamp,
    ).toBeDefined();
    expect(world.events('Killing')[0]?.message).toBe('Stopping container main');
    world.pass(8);
    expect(world.pods().map((one) => one.metadata.uid)).not.toContain(pod?.metadata.uid);
    expect(world.pods()).toHaveLength(1);
  });

  test('does not end the question whether it is ready; whether it lives is not asked any more', () => {
    const world = new ScriptedWorld();
    const probe = { httpGet: { path: '/sick', port: 8080 }, periodSeconds: 2, failureThreshold: 100 };
    world.apply(
      deployment('web', 'app/deaf:1', {
        replicas: 1,
        pod: { terminationGracePeriodSeconds: 20 },
        container: { livenessProbe: probe, readinessProbe: probe },
      }),
    );
    world.pass(15);
    const { pod } = only(world);
    const failures = (kind: string) =>
      world
        .events('Unhealthy')
        .filter((event) => event.about === `Pod/${pod?.metadata.name}` && event.message.startsWith(kind))
        .reduce((sum, event) => sum + event.count, 0);
    world.store.remove(
      { apiVersion: 'v1', kind: 'Pod', namespace: 'shop', name: pod?.metadata.name ?? '' },
      operator,
    );
    world.pass(1);
    const before = { liveness: failures('Liveness'), readiness: failures('Readiness') };
    world.pass(10);
    expect(failures('Liveness')).toBe(before.liveness);
    expect(failures('Readiness')).toBeGreaterThanOrEqual(before.readiness + 4);
  });
});
