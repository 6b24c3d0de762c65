import { quantityValue } from '../api/quantity.ts';
import type { Store } from '../contracts.ts';
import { type Container, type EnvVar, type KubeObject, type Pod, resource } from '../controllers/kinds.ts';

/** Why a container cannot be configured: the kubelet's words. */
export class ConfigError extends Error {}

/** What a container's environment is made from, beside the pod. */
export interface EnvironmentSource {
  readonly store: Store;
  readonly podIp: string;
  readonly hostIp: string;
}

/** The container's environment. Throws ConfigError where a ConfigMap, Secret or key is missing. */
export function resolveEnvironment(
  source: EnvironmentSource,
  pod: Pod,
  container: Container,
): Record<string, string> {
  const env: Record<string, string> = {
    KUBERNETES_SERVICE_HOST: '10.96.0.1',
    KUBERNETES_SERVICE_PORT: '443',
    HOSTNAME: pod.spec.hostname ?? pod.metadata.name,
  };
  for (const { prefix = '', configMapRef, secretRef } of container.envFrom ?? []) {
    const reference = configMapRef ?? secretRef;
    if (reference === undefined) continue;
    const data =
      configMapRef !== undefined ? configMapData(source, pod, reference) : secretData(source, pod, reference);
    for (const [name, value] of Object.entries(data ?? {})) env[prefix + name] = value;
  }
  for (const variable of container.env ?? []) {
    const value = variableValue(source, pod, container, variable);
    if (value !== undefined) env[variable.name] = expand(value, env);
  }
  return env;
}

/** Replaces `$(NAME)` by the variable's value; `$$` stands for `$`; unknown names stay. */
export function expand(text: string, env: Readonly<Record<string, string>>): string {
  return text.includes('$')
    ? text.replace(/\$\$|\$\(([^)]+)\)/g, (all, name?: string) =>
        name === undefined ? '$' : (env[name] ?? all),
      )
    : text;
}

type Reference = { name: string; optional?: boolean };

function configMapData(
  { store }: EnvironmentSource,
  pod: Pod,
  reference: Reference,
): Record<string, string> | undefined {
  const object = store.get(resource.configMaps, pod.metadata.namespace, reference.name);
  if (object === undefined && reference.optional !== true)
    throw new ConfigError(`configmap "${reference.name}" not found`);
  return object?.['data'] as Record<string, string> | undefined;
}

function secretData(
  { store }: EnvironmentSource,
  pod: Pod,
  reference: Reference,
): Record<string, string> | undefined {
  const object = store.get(resource.secrets, pod.metadata.namespace, reference.name);
  if (object === undefined) {
    if (reference.optional === true) return undefined;
    throw new ConfigError(`secret "${reference.name}" not found`);
  }
  return decoded(object);
}

function decoded(secret: KubeObject): Record<string, string> {
  const out: Record<string, string> = {};
  for (const [name, value] of Object.entries((secret['data'] ?? {}) as Record<string, string>))
    out[name] = Buffer.from(value, 'base64').toString('utf8');
  return { ...out, ...((secret['stringData'] ?? {}) as Record<string, string>) };
}

function variableValue(
  source: EnvironmentSource,
  pod: Pod,
  container: Container,
  variable: EnvVar,
): string | undefined {
  const from = variable.valueFrom;
  if (from === undefined) return variable.value ?? '';
  const { configMapKeyRef, secretKeyRef, fieldRef, resourceFieldRef } = from;
  if (configMapKeyRef !== undefined)
    return keyIn('ConfigMap', configMapData(source, pod, configMapKeyRef), configMapKeyRef, pod);
  if (secretKeyRef !== undefined)
    return keyIn('Secret', secretData(source, pod, secretKeyRef), secretKeyRef, pod);
  if (fieldRef !== undefined) return field(source, pod, fieldRef.fieldPath);
  if (resourceFieldRef !== undefined) return resourceField(pod, container, resourceFieldRef);
  return undefined;
}

function keyIn(
  kind: string,
  data: Record<string, string> | undefined,
  reference: { name: string; key: string; optional?: boolean },
  pod: Pod,
): string | undefined {
  const value = data?.[reference.key];
  if (value !== undefined || reference.optional === true) return value;
  throw new ConfigError(
    `couldn't find key ${reference.key} in ${kind} ${pod.metadata.namespace}/${reference.name}`,
  );
}

function field(source: EnvironmentSource, pod: Pod, path: string): string {
  const indexed = /^metadata\.(labels|annotations)\['([^']+)'\]$/.exec(path);
  if (indexed !== null) return pod.metadata[indexed[1] as 'labels' | 'annotations']?.[indexed[2] ?? ''] ?? '';
  const simple: Record<string, string | undefined> = {
    'metadata.name': pod.metadata.name,
    'metadata.namespace': pod.metadata.namespace,
    'metadata.uid': pod.metadata.uid,
    'spec.nodeName': pod.spec.nodeName,
    'spec.serviceAccountName': pod.spec.serviceAccountName,
    'status.podIP': source.podIp,
    'status.podIPs': source.podIp,
    'status.hostIP': source.hostIp,
    'status.hostIPs': source.hostIp,
  };
  return simple[path] ?? '';
}

function resourceField(
  pod: Pod,
  own: Container,
  reference: { resource: string; containerName?: string; divisor?: string },
): string {
  const named = pod.spec.containers.find((one) => one.name === reference.containerName) ?? own;
  const [which = 'limits', name = 'cpu'] = reference.resource.split('.');
  const amount = quantityValue(
    (which === 'requests' ? named.resources?.requests : named.resources?.limits)?.[name],
  );
  const divisor = quantityValue(reference.divisor ?? '1') || 1;
  return String(Math.ceil(amount / divisor));
}
