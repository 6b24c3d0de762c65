import type { KubeClient } from '../../kube/client.ts';
import { type ContainerUsage, type UsageSource, usageWindowSeconds } from './usage.ts';

const groupVersion = 'metrics.k8s.io/v1beta1';
const root = `/apis/${groupVersion}`;

const resourceList = {
  kind: 'APIResourceList',
  apiVersion: 'v1',
  groupVersion,
  resources: [
    { name: 'nodes', singularName: '', namespaced: false, kind: 'NodeMetrics', verbs: ['get', 'list'] },
    { name: 'pods', singularName: '', namespaced: true, kind: 'PodMetrics', verbs: ['get', 'list'] },
  ],
};

const group = {
  kind: 'APIGroup',
  apiVersion: 'v1',
  name: 'metrics.k8s.io',
  versions: [{ groupVersion, version: 'v1beta1' }],
  preferredVersion: { groupVersion, version: 'v1beta1' },
};

export interface ApiAnswer {
  readonly status: number;
  readonly body: unknown;
}

/** Answers the requests of `metrics.k8s.io/v1beta1`, which autoscalers and `kubectl top` ask, out of a source of usage. */
export class MetricsApi {
  readonly #kube: Pick<KubeClient, 'list'>;
  readonly #usage: UsageSource;
  readonly #nowMs: () => number;

  constructor(kube: Pick<KubeClient, 'list'>, usage: UsageSource, nowMs: () => number) {
    this.#kube = kube;
    this.#usage = usage;
    this.#nowMs = nowMs;
  }

  async answer(path: string, query: URLSearchParams): Promise<ApiAnswer> {
    if (path === '/apis') return ok({ kind: 'APIGroupList', apiVersion: 'v1', groups: [group] });
    if (path === '/apis/metrics.k8s.io') return ok(group);
    if (path === root) return ok(resourceList);
    const parts = path.startsWith(`${root}/`) ? path.slice(root.length + 1).split('/') : [];
    const labelSelector = query.get('labelSelector') ?? '';
    const [first, second, third, fourth] = parts;
    if (first === 'nodes') return one(await this.#nodes(), second, 'NodeMetricsList');
    if (first === 'pods' && second === undefined)
      return one(await this.#pods(undefined, labelSelector), undefined, 'PodMetricsList');
    if (first === 'namespaces' && second !== undefined && third === 'pods')
      return one(await this.#pods(second, labelSelector), fourth, 'PodMetricsList');
    return notFound(path);
  }

  /** Of the pods that the API server knows: usage outlives them for a minute. */
  async #pods(namespace: string | undefined, labelSelector: string): Promise<Metrics[]> {
    const { items } = await this.#kube.list(
      { apiVersion: 'v1', kind: 'Pod' },
      {
        ...(namespace === undefined ? {} : { namespace }),
        ...(labelSelector === '' ? {} : { labelSelector }),
      },
    );
    const spaces = [...new Set(items.map(({ metadata }) => metadata.namespace ?? ''))];
    const used = new Map(
      await Promise.all(spaces.map(async (space) => [space, await this.#usage.ofPods(space)] as const)),
    );
    return items.flatMap(({ metadata }) => {
      const containers = used.get(metadata.namespace ?? '')?.get(metadata.name);
      if (containers === undefined) return [];
      return [
        {
          ...this.#head('PodMetrics', metadata.name, metadata.namespace, metadata.labels),
          containers: containers.map(({ container, ...usage }) => ({
            name: container,
            usage: quantities(usage),
          })),
        },
      ];
    });
  }

  async #nodes(): Promise<Metrics[]> {
    return [...(await this.#usage.ofNodes())]
      .filter(([name]) => name !== '')
      .map(([name, usage]) => ({ ...this.#head('NodeMetrics', name), usage: quantities(usage) }));
  }

  #head(kind: string, name: string, namespace?: string, labels?: Readonly<Record<string, string>>): Metrics {
    return {
      kind,
      apiVersion: groupVersion,
      metadata: {
        name,
        ...(namespace === undefined ? {} : { namespace }),
        ...(labels === undefined ? {} : { labels }),
      },
      timestamp: `${new Date(this.#nowMs()).toISOString().slice(0, 19)}Z`,
      window: `${usageWindowSeconds}s`,
    };
  }
}

interface Metrics {
  readonly kind: string;
  readonly apiVersion: string;
  readonly metadata: { readonly name: string };
  readonly timestamp: string;
  readonly window: string;
}

function quantities({ cpuCores, memoryBytes }: Omit<ContainerUsage, 'container'>): Record<string, string> {
  return { cpu: `${Math.round(cpuCores * 1e9)}n`, memory: `${Math.round(memoryBytes / 1024)}Ki` };
}

const ok = (body: unknown): ApiAnswer => ({ status: 200, body });

function notFound(what: string): ApiAnswer {
  return {
    status: 404,
    body: {
      kind: 'Status',
      apiVersion: 'v1',
      metadata: {},
      status: 'Failure',
      message: `${what} not found`,
      reason: 'NotFound',
      code: 404,
    },
  };
}

/** The one of this name, or all. */
function one(all: readonly Metrics[], name: string | undefined, list: string): ApiAnswer {
  if (name === undefined) return ok({ kind: list, apiVersion: groupVersion, metadata: {}, items: all });
  const found = all.find(({ metadata }) => metadata.name === name);
  return found === undefined ? notFound(name) : ok(found);
}
