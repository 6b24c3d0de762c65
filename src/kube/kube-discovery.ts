import { byText } from '../base/order.ts';
import type { ResourceInfo } from './client.ts';
import { KubeApiError } from './errors.ts';
import { responseError } from './response-error.ts';
import type { KubeTransport } from './transport.ts';

interface ApiResource {
  readonly name: string;
  readonly kind: string;
  readonly namespaced: boolean;
  readonly verbs: readonly string[];
}

/** Every top-level resource of every version the server serves; groups whose server is down are left out. */
export async function discover(transport: KubeTransport): Promise<ResourceInfo[]> {
  const groups = (await get(transport, '/apis')) as { groups: { versions: { groupVersion: string }[] }[] };
  const versions = ['v1', ...groups.groups.flatMap((g) => g.versions.map((v) => v.groupVersion))];
  const lists = await Promise.all(versions.map((version) => resourcesOf(transport, version)));
  return lists.flat().sort(
    byText(
      (r) => r.apiVersion,
      (r) => r.plural,
    ),
  );
}

async function resourcesOf(transport: KubeTransport, apiVersion: string): Promise<ResourceInfo[]> {
  try {
    const list = (await get(transport, apiVersion === 'v1' ? '/api/v1' : `/apis/${apiVersion}`)) as {
      resources: ApiResource[];
    };
    return list.resources
      .filter((r) => !r.name.includes('/'))
      .map(({ name, kind, namespaced, verbs }) => ({ apiVersion, kind, plural: name, namespaced, verbs }));
  } catch (error) {
    // an aggregated API (metrics) whose server is down answers 503 or 404; the others are not affected
    if (error instanceof KubeApiError && (error.status === 503 || error.status === 404)) return [];
    throw error;
  }
}

async function get(transport: KubeTransport, path: string): Promise<unknown> {
  const response = await transport.request({ method: 'GET', path });
  if (response.status >= 400) throw responseError(response, `GET ${path}`);
  return response.body;
}
