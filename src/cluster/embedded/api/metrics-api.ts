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
    const all = store.list('nodes').flatMap(({ metadata: { name, labels = {} } }) => {
      const used = matches(labels) ? usage.node(name) : undefined;
      if (used === undefined) return [];
      return [
        {
          kind: 'NodeMetrics',
          apiVersion,
          metadata: { ...stamped(used.timestampMs, labels), name },
          ...times(used),
          usage: amounts(used),
        },
      ];
    });
    return answer('NodeMetrics', all, rest[1]);
  }
  const [namespace, resource, name] =
    rest[0] === 'namespaces' ? [rest[1], rest[2], rest[3]] : [undefined, rest[0], undefined];
  if (resource !== 'pods')
    throw new KubeApiError(404, 'NotFound', 'the server could not find the requested resource');
  const all = store.list('pods', namespace).flatMap(({ metadata }) => {
    const { labels = {}, namespace: its = '' } = metadata;
    const used = matches(labels) ? usage.pod(its, metadata.name) : undefined;
    if (used === undefined) return [];
    return [
      {
        kind: 'PodMetrics',
        apiVersion,
        metadata: { ...stamped(used.timestampMs, labels), name: metadata.name, namespace: its },
        ...times(used),
        containers: used.containers.map((c) => ({ name: c.name, usage: amounts(c) })),
      },
    ];
  });
  return answer('PodMetrics', all, name);
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
  return { timestamp: rfc3339Seconds(timeMs), window: `${Math.round(windowMs / 100) / 10}s` };
}

function amounts({ cpuMillis, memoryBytes }: { cpuMillis: number; memoryBytes: number }): {
  cpu: string;
  memory: string;
} {
  return { cpu: `${Math.round(cpuMillis * 1e6)}n`, memory: `${Math.round(memoryBytes / 1024)}Ki` };
}
