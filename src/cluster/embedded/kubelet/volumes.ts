import type { Store } from '../contracts.ts';
import { type KubeObject, type Pod, resource } from '../controllers/kinds.ts';

/** A volume that cannot be set up now, and why, in the kubelet's words. */
export interface MountFailure {
  readonly volume: string;
  readonly message: string;
}

/** The pod's volumes whose ConfigMap or Secret, or a wanted key of it, is missing. */
export function mountFailures(store: Store, pod: Pod): MountFailure[] {
  const failures: MountFailure[] = [];
  const namespace = pod.metadata.namespace;
  for (const { name, configMap, secret, projected } of pod.spec.volumes ?? []) {
    const check = (
      key: string,
      kind: string,
      reference: { name: string; optional?: boolean; items?: { key: string }[] },
    ) => {
      const object = store.get(key, namespace, reference.name);
      if (object === undefined) {
        if (reference.optional !== true)
          failures.push(failure(name, `${kind} "${reference.name}" not found`));
        return;
      }
      const missing = (reference.items ?? []).find((item) => !hasKey(object, item.key));
      if (missing !== undefined && reference.optional !== true)
        failures.push(
          failure(
            name,
            `references non-existent ${kind === 'secret' ? 'secret' : 'config'} key: ${missing.key}`,
          ),
        );
    };
    if (configMap !== undefined) check(resource.configMaps, 'configmap', configMap);
    if (secret !== undefined) check(resource.secrets, 'secret', { ...secret, name: secret.secretName });
    for (const part of projected?.sources ?? []) {
      if (part.configMap !== undefined) check(resource.configMaps, 'configmap', part.configMap);
      if (part.secret !== undefined) check(resource.secrets, 'secret', part.secret);
    }
  }
  return failures;
}

function failure(volume: string, reason: string): MountFailure {
  return { volume, message: `MountVolume.SetUp failed for volume "${volume}" : ${reason}` };
}

function hasKey(object: KubeObject, key: string): boolean {
  return key in ((object['data'] ?? {}) as object) || key in ((object['binaryData'] ?? {}) as object);
}
