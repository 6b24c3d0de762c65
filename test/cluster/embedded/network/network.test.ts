import { describe, expect, test } from 'vitest';
import type { PodIdentity } from '../../../../src/cluster/embedded/contracts.ts';
import type { KubeObject } from '../../../../src/kube/objects.ts';
import { deployment, ScriptedWorld, service } from '../world/scripted-world.ts';

function twoTiers() {
  const world = new ScriptedWorld();
  world.apply(deployment('front', 'app/web:1', { replicas: 1 }));
  world.apply(deployment('back', 'app/web:1', { replicas: 2 }));
  world.apply(service('back', { app: 'back' }));
  world.pass(20);
  const front = identity(world, 'front');
  return { world, front, connect: () => world.network.connect(front, ipOf(world, front, 'back'), 80, 0.3) };
}

function identity(world: ScriptedWorld, app: string): PodIdentity {
  const pod = world.pods(app)[0]!;
  const { name, uid = '', labels = {} } = pod.metadata;
  return { namespace: 'shop', name, uid, labels, ip: pod.status?.podIP ?? '', node: pod.spec.nodeName ?? '' };
}

function ipOf(world: ScriptedWorld, from: PodIdentity, host: string): string {
  const resolved = world.network.resolve(from, host);
  if (!resolved.ok) throw new Error(resolved.error);
  return resolved.ips[0]!;
}

function policy(name: string, spec: Record<string, unknown>): KubeObject {
  return {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'NetworkPolicy',
    metadata: { name, namespace: 'shop' },
    spec,
  };
}

describe('a service', () => {
  test('is found by its short and full names, and not by others', () => {
    const { world, front } = twoTiers();
    const ip = ipOf(world, front, 'back');
    for (const name of [
      'back.shop',
      'back.shop.svc',
      'back.shop.svc.cluster.local',
      'back.shop.svc.cluster.local.',
    ])
      expect(world.network.resolve(front, name)).toEqual({ ok: true, ips: [ip] });
    expect(world.network.resolve(front, 'back.other')).toEqual({ ok: false, error: 'not-found' });
    expect(world.network.resolve(front, 'elsewhere.example')).toEqual({ ok: false, error: 'not-found' });
  });

  test('whose selector misses its pods refuses; a wrong targetPort reaches the pod at a port nobody listens on', () => {
    const { world, connect } = twoTiers();
    expect(connect()).toMatchObject({ ok: true, port: 8080 });
    world.edit('services', 'back', (object) => ({
      ...object,
      spec: { ...(object['spec'] as object), ports: [{ name: 'http', port: 80, targetPort: 8081 }] },
    }));
    world.pass(2);
    expect(connect()).toMatchObject({ ok: true, port: 8081 });
    world.edit('services', 'back', (object) => ({
      ...object,
      spec: { ...(object['spec'] as object), selector: { app: 'bak' } },
    }));
    world.pass(2);
    expect(connect()).toMatchObject({ ok: false, error: 'refused' });
  });

  test('sends nothing to pods that are not ready', () => {
    const { world, connect } = twoTiers();
    world.edit('deployments.apps', 'back', (object) => {
      const copy = structuredClone(object) as KubeObject & {
        spec: { template: { spec: { containers: Record<string, unknown>[] } }; strategy: unknown };
      };
      copy.spec.strategy = { type: 'Recreate' };
      copy.spec.template.spec.containers[0]!['readinessProbe'] = { httpGet: { path: '/sick', port: 8080 } };
      return copy;
    });
    world.pass(30);
    expect(world.pods('back')).toHaveLength(2);
    expect(connect()).toMatchObject({ ok: false, error: 'refused' });
  });
});

describe('a network policy', () => {
  test('that denies drops new connections and leaves established ones', () => {
    const { world, front, connect } = twoTiers();
    const before = connect();
    if (!before.ok) throw new Error('no connection');
    world.apply(policy('deny', { podSelector: { matchLabels: { app: 'back' } }, policyTypes: ['Ingress'] }));
    world.pass(1);
    expect(connect()).toMatchObject({ ok: false, error: 'timeout' });
    expect(world.network.isAlive(front.uid, before.podUid)).toBe(true);
    world.apply(
      policy('allow-front', {
        podSelector: { matchLabels: { app: 'back' } },
        ingress: [{ from: [{ podSelector: { matchLabels: { app: 'front' } } }], ports: [{ port: 'http' }] }],
      }),
    );
    world.pass(1);
    expect(connect()).toMatchObject({ ok: true });
    world.edit('networkpolicies.networking.k8s.io', 'allow-front', (object) => ({
      ...object,
      spec: {
        ...(object['spec'] as object),
        ingress: [
          {
            from: [{ podSelector: { matchLabels: { app: 'front' } } }],
            ports: [{ port: 9000, endPort: 9100 }],
          },
        ],
      },
    }));
    world.pass(1);
    expect(connect()).toMatchObject({ ok: false, error: 'timeout' });
  });

  test('on egress cuts DNS off too, unless it allows it', () => {
    const { world, front, connect } = twoTiers();
    const toBack = { to: [{ podSelector: { matchLabels: { app: 'back' } } }] };
    world.apply(
      policy('egress', {
        podSelector: { matchLabels: { app: 'front' } },
        policyTypes: ['Egress'],
        egress: [toBack],
      }),
    );
    world.pass(1);
    expect(world.network.resolve(front, 'back')).toEqual({ ok: false, error: 'timeout' });
    const toDns = {
      to: [
        {
          namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'kube-system' } },
          podSelector: { matchLabels: { 'k8s-app': 'kube-dns' } },
        },
      ],
      ports: [{ protocol: 'UDP', port: 53 }],
    };
    world.edit('networkpolicies.networking.k8s.io', 'egress', (object) => ({
      ...object,
      spec: { ...(object['spec'] as object), egress: [toBack, toDns] },
    }));
    world.pass(1);
    expect(world.network.resolve(front, 'back').ok).toBe(true);
    expect(connect()).toMatchObject({ ok: true });
  });

  test('by address range and exception', () => {
    const { world, connect } = twoTiers();
    world.apply(
      policy('egress', {
        podSelector: { matchLabels: { app: 'front' } },
        egress: [{ to: [{ ipBlock: { cidr: '10.0.0.0/8' } }] }],
        policyTypes: ['Egress'],
      }),
    );
    world.pass(1);
    expect(connect()).toMatchObject({ ok: true });
    world.edit('networkpolicies.networking.k8s.io', 'egress', (object) => ({
      ...object,
      spec: {
        ...(object['spec'] as object),
        egress: [{ to: [{ ipBlock: { cidr: '10.0.0.0/8', except: ['10.244.0.0/16'] } }] }],
      },
    }));
    world.pass(1);
    expect(() => connect()).toThrow('timeout');
  });
});
