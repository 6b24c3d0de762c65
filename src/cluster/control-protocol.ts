import { OperationError } from '../base/errors.ts';
import type { Cluster } from './cluster.ts';

/**
 * What one does to a running cluster that the Kubernetes API has no word for (stop a node, change the load, read its
 * clock), as HTTP beside that API: `GET /control/v1/time`, `GET|PUT /control/v1/load`, `PUT /control/v1/nodes/NAME`.
 */
const root = '/control/v1';

export interface ControlAnswer {
  readonly status: number;
  readonly body: unknown;
}

/** Answers a control request; `undefined` for any other path, so that a front end can try it first. */
export async function handleControl(
  cluster: Pick<Cluster, 'clock' | 'nodes' | 'load'>,
  method: string,
  path: string,
  body: unknown,
): Promise<ControlAnswer | undefined> {
  if (!path.startsWith(`${root}/`)) return undefined;
  const [what, name, ...more] = path
    .slice(root.length + 1)
    .split('/')
    .map(decodeURIComponent);
  const sent = typeof body === 'object' && body !== null ? (body as Record<string, unknown>) : {};
  if (what === 'time' && method === 'GET') return { status: 200, body: { nowMs: cluster.clock.nowMs() } };
  if (what === 'load' && method === 'GET')
    return { status: 200, body: { factor: await cluster.load.loadFactor() } };
  if (what === 'load' && method === 'PUT' && typeof sent['factor'] === 'number' && sent['factor'] >= 0) {
    await cluster.load.setLoadFactor(sent['factor']);
    return { status: 200, body: { factor: sent['factor'] } };
  }
  if (what === 'nodes' && name !== undefined && more.length === 0 && method === 'PUT') {
    if (sent['state'] === 'stopped') await cluster.nodes.stopNode(name);
    else if (sent['state'] === 'running') await cluster.nodes.startNode(name);
    else return { status: 400, body: { message: 'state is "stopped" or "running"' } };
    return { status: 200, body: { name, state: sent['state'] } };
  }
  return { status: 404, body: { message: `there is no ${method} ${path}` } };
}

/** The other end of `handleControl`. */
export interface ControlClient extends Pick<Cluster, 'nodes' | 'load'> {
  nowMs(): Promise<number>;
}

/** Speaks to the control paths of a server; `undefined` where it has none (a cluster that is not ours). */
export async function connectControl(server: string): Promise<ControlClient | undefined> {
  const request = async (method: string, path: string, body?: unknown): Promise<Record<string, unknown>> => {
    const response = await fetch(`${server}${root}/${path}`, {
      method,
      ...(body === undefined
        ? {}
        : { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }),
    });
    const answer = (await response.json().catch(() => ({}))) as Record<string, unknown>;
    if (response.ok) return answer;
    throw new OperationError(
      'control-failed',
      String(answer['message'] ?? `${method} ${path}: HTTP ${response.status}`),
      {
        isRetryable: response.status >= 500,
      },
    );
  };
  const nowMs = async () => Number((await request('GET', 'time'))['nowMs']);
  // a real API server is https with its own authentication and knows no such path
  if (!server.startsWith('http:')) return undefined;
  const isOurs = await nowMs().then(Number.isFinite, () => false);
  if (!isOurs) return undefined;
  const node = (name: string) => `nodes/${encodeURIComponent(name)}`;
  return {
    nowMs,
    nodes: {
      stopNode: async (name) => void (await request('PUT', node(name), { state: 'stopped' })),
      startNode: async (name) => void (await request('PUT', node(name), { state: 'running' })),
    },
    load: {
      setLoadFactor: async (factor) => void (await request('PUT', 'load', { factor })),
      loadFactor: async () => Number((await request('GET', 'load'))['factor']),
    },
  };
}
