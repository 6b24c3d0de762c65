import type { KubeClient, ResourceInfo } from '../../kube/client.ts';
import { KubeApiError } from '../../kube/errors.ts';

const atOnce = 8;

/**
 * A client whose discovery leaves out what this account may not list: who watches everything would fail on one kind
 * that is forbidden. Found out by listing each kind once.
 */
export function withReadableResources(kube: KubeClient): KubeClient {
  let known: Promise<readonly ResourceInfo[]> | undefined;
  const resources = () =>
    (known ??= readable(kube).catch((error: unknown) => {
      known = undefined;
      throw error;
    }));
  return { ...kube, resources };
}

async function readable(kube: KubeClient): Promise<readonly ResourceInfo[]> {
  const all = await kube.resources();
  const isReadable = new Map<ResourceInfo, boolean>();
  const queue = all.filter(({ verbs }) => verbs.includes('list'));
  await Promise.all(
    Array.from({ length: atOnce }, async () => {
      for (let resource = queue.shift(); resource !== undefined; resource = queue.shift())
        isReadable.set(resource, await canList(kube, resource));
    }),
  );
  return all.filter((resource) => isReadable.get(resource) !== false);
}

async function canList(kube: KubeClient, resource: ResourceInfo): Promise<boolean> {
  try {
    await kube.list(resource);
    return true;
  } catch (error) {
    // forbidden, gone with its definition, or a kind that is listed by name only
    if (error instanceof KubeApiError && [403, 404, 405].includes(error.status)) return false;
    throw error;
  }
}
