import type { KubeClient } from '../../../kube/client.ts';
import type { KubeObject } from '../../../kube/objects.ts';

/** What the container of a store was told: its environment, and its command line. */
export interface PodSettings {
  readonly env: Readonly<Record<string, string>>;
  readonly args: readonly string[];
}

interface Container {
  readonly command?: readonly string[];
  readonly args?: readonly string[];
  readonly ports?: readonly { readonly containerPort?: number }[];
  readonly env?: readonly {
    readonly name: string;
    readonly value?: string;
    readonly valueFrom?: {
      readonly secretKeyRef?: { readonly name?: string; readonly key: string };
      readonly configMapKeyRef?: { readonly name?: string; readonly key: string };
    };
  }[];
  readonly envFrom?: readonly {
    readonly prefix?: string;
    readonly secretRef?: { readonly name?: string };
    readonly configMapRef?: { readonly name?: string };
  }[];
}

/**
 * Settings of the container that listens at an address, with what its Secrets and ConfigMaps say: how an exporter gets
 * the password of a store without a copy of it. `undefined`: no pod has this address.
 */
export async function podSettings(
  kube: KubeClient,
  ip: string,
  port: number,
): Promise<PodSettings | undefined> {
  const pods = await kube.list({ apiVersion: 'v1', kind: 'Pod' }, { fieldSelector: `status.podIP=${ip}` });
  const pod = pods.items.find(({ status }) => {
    const phase = (status as { phase?: string } | undefined)?.phase;
    return phase === 'Running' || phase === 'Pending';
  });
  if (pod === undefined) return undefined;
  const containers = ((pod['spec'] as { containers?: Container[] } | undefined)?.containers ??
    []) as readonly Container[];
  const container =
    containers.find(({ ports = [] }) => ports.some(({ containerPort }) => containerPort === port)) ??
    containers[0];
  if (container === undefined) return undefined;
  return {
    env: await environment(kube, pod.metadata.namespace ?? 'default', container),
    args: [...(container.command ?? []), ...(container.args ?? [])],
  };
}

async function environment(
  kube: KubeClient,
  namespace: string,
  container: Container,
): Promise<Record<string, string>> {
  const read = async (kind: 'Secret' | 'ConfigMap', name: string): Promise<Record<string, string>> => {
    const object = await kube.get({ apiVersion: 'v1', kind, namespace, name }).catch(() => undefined);
    return valuesOf(object);
  };
  const env: Record<string, string> = {};
  for (const { prefix = '', secretRef, configMapRef } of container.envFrom ?? []) {
    const values = {
      ...(configMapRef?.name === undefined ? {} : await read('ConfigMap', configMapRef.name)),
      ...(secretRef?.name === undefined ? {} : await read('Secret', secretRef.name)),
    };
    for (const [name, value] of Object.entries(values)) env[`${prefix}${name}`] = value;
  }
  for (const { name, value, valueFrom } of container.env ?? []) {
    const { secretKeyRef, configMapKeyRef } = valueFrom ?? {};
    const found =
      secretKeyRef?.name !== undefined
        ? (await read('Secret', secretKeyRef.name))[secretKeyRef.key]
        : configMapKeyRef?.name !== undefined
          ? (await read('ConfigMap', configMapKeyRef.name))[configMapKeyRef.key]
          : value;
    if (found !== undefined) env[name] = found;
  }
  return env;
}

function valuesOf(object: KubeObject | undefined): Record<string, string> {
  const data = (object?.['data'] ?? {}) as Record<string, string>;
  if (object?.kind !== 'Secret') return data;
  return Object.fromEntries(
    Object.entries(data).map(([name, value]) => [name, Buffer.from(value, 'base64').toString('utf8')]),
  );
}
