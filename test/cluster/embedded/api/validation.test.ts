import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { KubeApiError } from '../../../../src/kube/errors.ts';
import type { KubeObject } from '../../../../src/kube/objects.ts';
import { emptyStore, manager, pod } from './api-fixture.ts';

const real = JSON.parse(
  readFileSync(new URL('../testdata/real-objects.json', import.meta.url), 'utf8'),
) as Record<string, KubeObject>;
const image = 'offline/debian:bookworm-slim';
const deployment = (spec: object = {}, podSpec: object = {}): KubeObject => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: 'web', namespace: 'shop' },
  spec: {
    replicas: 2,
    selector: { matchLabels: { app: 'web' } },
    template: {
      metadata: { labels: { app: 'web' } },
      spec: { containers: [{ name: 'app', image, command: ['sleep', '100000'] }], ...podSpec },
    },
    ...spec,
  },
});

/** The complaints of a refused creation, one a line. */
function complaints(act: () => unknown): string[] {
  try {
    act();
  } catch (error) {
    if (error instanceof KubeApiError) {
      const causes = error.details['causes'] as { field: string; message: string }[] | undefined;
      return causes?.map((c) => `${c.field}: ${c.message}`) ?? [error.message];
    }
    throw error;
  }
  return [];
}

describe('defaults', () => {
  test('a Deployment and a pod come out as on a real cluster', () => {
    const store = emptyStore();
    const resources = {
      requests: { cpu: '0.01', memory: '16Mi' },
      limits: { cpu: '100m', memory: '65536Ki' },
    };
    const made = store.create(
      deployment(
        {},
        {
          containers: [
            {
              name: 'app',
              image,
              command: ['sleep', '100000'],
              resources,
              readinessProbe: { tcpSocket: { port: 1 }, periodSeconds: 2 },
            },
          ],
        },
      ),
      manager,
    );
    const expected = structuredClone(real['Deployment/web']!['spec']) as {
      template: {
        metadata: Record<string, unknown>;
        spec: { containers: { readinessProbe: Record<string, unknown> }[] };
      };
    };
    delete expected.template.metadata['creationTimestamp'];
    const probe = expected.template.spec.containers[0]!.readinessProbe;
    delete probe['exec'];
    probe['tcpSocket'] = { port: 1 };
    expect(made['spec']).toEqual(expected);

    const oom = store.create(
      pod('oom', {
        containers: [
          {
            name: 'app',
            image,
            command: ['sh', '-c', 'sleep 3; tail /dev/zero'],
            resources: { limits: { memory: '32Mi' } },
          },
        ],
      }),
      manager,
    );
    const {
      nodeName: _node,
      volumes: _volumes,
      containers: recorded,
      ...rest
    } = real['Pod/oom']!['spec'] as {
      nodeName: string;
      volumes: unknown;
      containers: Record<string, unknown>[];
    };
    expect(oom['spec']).toMatchObject(rest);
    const { volumeMounts: _mounts, ...container } = recorded[0]!;
    expect((oom['spec'] as { containers: object[] }).containers[0]).toMatchObject(container);
    expect(oom['status']).toEqual({ phase: 'Pending', qosClass: 'Burstable' });
  });

  test('a Service gets an address of its own that depends on nothing but its name', () => {
    const service = (name: string, spec: object = {}): KubeObject => ({
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name, namespace: 'shop' },
      spec: { ports: [{ port: 80 }], ...spec },
    });
    const one = emptyStore().create(service('a'), manager);
    const store = emptyStore();
    store.create(service('b'), manager);
    expect(store.create(service('a'), manager)['spec']).toEqual(one['spec']);
    expect(one['spec']).toMatchObject({
      type: 'ClusterIP',
      sessionAffinity: 'None',
      internalTrafficPolicy: 'Cluster',
      ports: [{ port: 80, protocol: 'TCP', targetPort: 80 }],
    });
    const moved = {
      ...one,
      metadata: { name: 'a', namespace: 'shop' },
      spec: { ...(one['spec'] as object), clusterIP: '10.96.9.9', clusterIPs: ['10.96.9.9'] },
    };
    expect(complaints(() => store.update(moved, manager))).toEqual([
      'spec.clusterIPs[0]: Invalid value: ["10.96.9.9"]: may not change once set',
    ]);
    expect(store.create(service('headless', { clusterIP: 'None' }), manager)['spec']).toMatchObject({
      clusterIP: 'None',
      clusterIPs: ['None'],
    });
  });
});

describe('validation', () => {
  test('all complaints about a Deployment at once, in the words of a real API server', () => {
    const containers = [
      {
        name: 'X_',
        image: '',
        ports: [{ containerPort: 99999 }],
        env: [{ name: '' }],
        volumeMounts: [{ name: 'no', mountPath: '/x' }],
        resources: { requests: { cpu: '2' }, limits: { cpu: '1' } },
      },
      { name: 'b', image },
      { name: 'b', image },
    ];
    expect(
      complaints(() => emptyStore().create(deployment({ replicas: -1 }, { containers }), manager)),
    ).toEqual([
      'spec.replicas: Invalid value: -1: must be greater than or equal to 0',
      "spec.template.spec.containers[0].name: Invalid value: \"X_\": a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')",
      'spec.template.spec.containers[0].image: Required value',
      'spec.template.spec.containers[0].ports[0].containerPort: Invalid value: 99999: must be between 1 and 65535, inclusive',
      'spec.template.spec.containers[0].env[0].name: Required value',
      'spec.template.spec.containers[0].volumeMounts[0].name: Not found: "no"',
      'spec.template.spec.containers[0].resources.requests: Invalid value: "2": must be less than or equal to cpu limit of 1',
      'spec.template.spec.containers[2].name: Duplicate value: "b"',
    ]);
  });

  test('immutable fields', () => {
    const store = emptyStore();
    store.create(deployment(), manager);
    const labels = { app: 'x' };
    expect(
      complaints(() => store.update(deployment({ selector: { matchLabels: labels } }), manager)),
    ).toEqual([
      'spec.template.metadata.labels: Invalid value: {"app":"web"}: `selector` does not match template `labels`',
      'spec.selector: Invalid value: {"matchLabels":{"app":"x"}}: field is immutable',
    ]);
    const running = store.create(pod('p', { nodeName: 'node-1' }), manager);
    expect(
      complaints(() =>
        store.update(
          { ...running, spec: { ...(running['spec'] as object), terminationGracePeriodSeconds: 5 } },
          manager,
        ),
      )[0],
    ).toContain('spec: Forbidden: pod updates may not change fields other than `spec.containers[*].image`');
  });

  test('services, network policies, autoscalers', () => {
    const store = emptyStore();
    const make = (apiVersion: string, kind: string, spec: object) => () =>
      store.create(
        { apiVersion, kind, metadata: { name: 'bad', namespace: 'shop' }, spec } as KubeObject,
        manager,
      );
    expect(
      complaints(
        make('v1', 'Service', {
          ports: [{ port: 80 }, { port: 70000, targetPort: 'averyveryverylongname' }],
        }),
      ),
    ).toEqual([
      'spec.ports[0].name: Required value',
      'spec.ports[1].name: Required value',
      'spec.ports[1].port: Invalid value: 70000: must be between 1 and 65535, inclusive',
      'spec.ports[1].targetPort: Invalid value: "averyveryverylongname": must be no more than 15 characters',
    ]);
    expect(complaints(make('v1', 'Service', {}))).toEqual(['spec.ports: Required value']);
    expect(
      complaints(
        make('networking.k8s.io/v1', 'NetworkPolicy', {
          podSelector: {},
          policyTypes: ['Foo'],
          ingress: [{ from: [{}], ports: [{ port: 99999 }] }],
        }),
      ),
    ).toEqual([
      'spec.ingress[0].ports[0].port: Invalid value: 99999: must be between 1 and 65535, inclusive',
      'spec.ingress[0].from[0]: Required value: must specify a peer',
      'spec.policyTypes[0]: Unsupported value: "Foo": supported values: "Egress", "Ingress"',
    ]);
    const hpa = {
      scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web' },
      minReplicas: 5,
      maxReplicas: 2,
    };
    expect(complaints(make('autoscaling/v2', 'HorizontalPodAutoscaler', hpa))).toEqual([
      'spec.maxReplicas: Invalid value: 2: must be greater than or equal to `minReplicas`',
    ]);
  });

  test('what is not simulated is refused, not ignored', () => {
    const store = emptyStore();
    expect(
      complaints(() =>
        store.create(
          { apiVersion: 'batch/v1', kind: 'CronJob', metadata: { name: 'x', namespace: 'shop' } },
          manager,
        ),
      ),
    ).toEqual(['no matches for kind "CronJob" in version "batch/v1"']);
    const spec = {
      volumes: [{ name: 'v', nfs: { server: 's', path: '/' } }],
      readinessGates: [{ conditionType: 'x' }],
    };
    expect(complaints(() => store.create(pod('p', spec), manager))).toEqual([
      'spec.readinessGates: Forbidden: readinessGates is not simulated by this cluster',
      'spec.volumes[0].nfs: Forbidden: volume type nfs is not simulated by this cluster',
    ]);
    expect(complaints(() => store.create(pod('p', { replicaz: 1 }), manager))).toEqual([
      'Pod cannot be handled as a Pod: strict decoding error: unknown field "spec.replicaz"',
    ]);
    expect(complaints(() => store.create(pod('p', { terminationGracePeriodSeconds: '5' }), manager))).toEqual(
      [
        'Pod in version "v1" cannot be handled as a Pod: json: cannot unmarshal string into Go struct field Pod.spec.terminationGracePeriodSeconds of type int32',
      ],
    );
    expect(
      complaints(() =>
        store.create(
          pod('p', { containers: [{ name: 'a', image, resources: { limits: { cpu: 'abc' } } }] }),
          manager,
        ),
      )[0],
    ).toContain('quantities must match the regular expression');
  });
});
