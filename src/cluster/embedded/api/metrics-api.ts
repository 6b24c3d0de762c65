import { rfc3339Seconds } from '../../../base/clock.ts';
import { KubeApiError } from '../../../kube/errors.ts';
import { type ApiAnswer, type ApiRequest, ok } from './api-request.ts';
import type { UsageReader } from './readers.ts';
import { parseLabelSelector } from './selectors.ts';
import type { ApiStore } from './store.ts';

const apiVersion = 'metrics.k8s.io/v1beta1';

/** `/apis/metrics.k8s.io/v1beta1/…`: use of nodes and pods, as metrics-server answers it. */
export function answerMetrics(
  store: ApiStore,
  usage: UsageReader,
  request: ApiRequest,
  rest: readonly string[],
): ApiAnswer {
  const matches = parseLabelSelector(request.query['labelSelector']);
  if (rest[0] === 'nodes') {
    const all = usage.nodes().map((n) => {
      const labels = store.get('nodes', undefined, n.name)?.metadata.labels ?? {};
      return {
        kind: 'NodeMetrics',
        apiVersion,
        metadata: { ...stamped(n.timeMs, labels), name: n.name },
        ...times(n),
        usage: amounts(n),
      };
    });
    return answer(
      'NodeMetrics',
      all.filter((n) => matches(n.metadata.labels)),
      rest[1],
    );
  }
  const [namespace, resource, name] =
    rest[0] === 'namespaces' ? [rest[1], rest[2], rest[3]] : [undefined, rest[0], undefined];
  if (resource !== 'pods')
    throw new KubeApiError(404, 'NotFound', 'the server could not find the requested resource');
  const all = usage
    .pods()
    .filter((p) => namespace === undefined || p.namespace === namespace)
    .map((p) => {
      const labels = store.get('pods', p.namespace, p.name)?.metadata.labels ?? {};
      return {
        kind: 'PodMetrics',
        apiVersion,
        metadata: { ...stamped(p.timeMs, labels), name: p.name, namespace: p.namespace },
        ...times(p),
        containers: p.containers.map((c) => ({ name: c.name, usage: amounts(c) })),
      };
    });
  return answer(
    'PodMetrics',
    all.filter((p) => matches(p.metadata.labels)),
    name,
  );
}

function answer(
  kind: string,
  items: readonly { metadata: { name: string } }[],
  name: string | undefined,
): ApiAnswer {
  if (name === undefined) return ok({ kind: `${kind}List`, apiVersion, metadata: {}, items });
  const found = items.find((i) => i.metadata.name === name);
  if (found === undefined)
    throw new KubeApiError(
      404,
      'NotFound',
      `${kind === 'PodMetrics' ? 'podmetrics' : 'nodemetrics'}.metrics.k8s.io "${name}" not found`,
    );
  return ok(found);
}

function stamped(
  timeMs: number,
  labels: Record<string, string>,
): { creationTimestamp: string; labels: Record<string, string> } {
  return { creationTimestamp: rfc3339Seconds(timeMs), labels };
}

function times({ timeMs, windowMs }: { timeMs: number; windowMs: number }): {
  timestamp: string;
  window: string;
} {
  return { timestamp: rfc3339Seconds(timeMs), window: `${windowMs / 1000}s` };
}

function amounts({ cpuMillis, memoryBytes }: { cpuMillis: number; memoryBytes: number }): {
  cpu: string;
  memory: string;
} {
  return { cpu: `${Math.round(cpuMillis * 1e6)}n`, memory: `${Math.round(memoryBytes / 1024)}Ki` };
}
