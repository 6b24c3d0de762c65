import { setTimeout as sleep } from 'node:timers/promises';
import { OperationError } from '../../base/errors.ts';
import type { ApiConnection } from '../../kube/api-connection.ts';
import type { KubeClient } from '../../kube/client.ts';
import type { LoadControl } from '../cluster.ts';

/** What a load generator can be told; see the program's `/load`. */
export interface LoadWish {
  readonly requestsPerSecond?: number;
  readonly factor?: number;
  readonly traceSampling?: number;
  /** Epoch milliseconds from which users' behaviour counts: two worlds are alike from their origins on. */
  readonly originMs?: number;
}

/** The Deployment of a load generator. */
export interface LoadTarget {
  readonly namespace: string;
  readonly workload: string;
}

/** The load generators of an application, spoken to through the API server's proxy to their pods. */
export class KindLoadControl implements LoadControl {
  readonly #connection: ApiConnection;
  readonly #kube: KubeClient;
  readonly #load: LoadTarget;

  constructor(connection: ApiConnection, kube: KubeClient, load: LoadTarget) {
    this.#connection = connection;
    this.#kube = kube;
    this.#load = load;
  }

  async setLoadFactor(factor: number): Promise<void> {
    await this.tell({ factor });
  }

  async loadFactor(): Promise<number> {
    const [first] = await this.#pods();
    if (first === undefined) throw this.#nobody();
    const answer = (await this.#ask(first, 'GET')) as { factor?: number };
    return answer.factor ?? 1;
  }

  /** Tells every generator, and each which one of how many it is. */
  async tell(wish: LoadWish): Promise<void> {
    const pods = await this.#pods();
    if (pods.length === 0) throw this.#nobody();
    for (const [index, pod] of pods.entries())
      await this.#ask(pod, 'PUT', { ...wish, index, count: pods.length });
  }

  #nobody(): OperationError {
    const { namespace, workload } = this.#load;
    return new OperationError(
      'no-load',
      `there is no running pod of the load generator ${namespace}/${workload}`,
      {
        isRetryable: true,
      },
    );
  }

  /** `name:port` of the running pods, sorted. */
  async #pods(): Promise<readonly string[]> {
    const { namespace, workload } = this.#load;
    const { items } = await this.#kube.list({ apiVersion: 'v1', kind: 'Pod' }, { namespace });
    return items
      .filter(
        ({ metadata, status }) =>
          metadata.name.startsWith(`${workload}-`) &&
          metadata['deletionTimestamp'] === undefined &&
          (status as { phase?: string } | undefined)?.phase === 'Running',
      )
      .map(({ metadata, spec }) => {
        const { containers = [] } = (spec ?? {}) as {
          containers?: { ports?: { containerPort: number }[] }[];
        };
        return `${metadata.name}:${containers[0]?.ports?.[0]?.containerPort ?? 8080}`;
      })
      .sort();
  }

  async #ask(pod: string, method: 'GET' | 'PUT', body?: unknown): Promise<unknown> {
    const path = `/api/v1/namespaces/${this.#load.namespace}/pods/${pod}/proxy/load`;
    for (let attempt = 1; ; attempt++) {
      const response = await this.#connection.request(path, {
        method,
        ...(body === undefined
          ? {}
          : { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }),
      });
      const text = await response.body.text();
      if (response.status < 300) return JSON.parse(text) as unknown;
      // setting a value twice is setting it once
      if (response.status < 500 || attempt >= 5)
        throw new OperationError(
          'load-refused',
          `the load generator ${pod} answered ${response.status}: ${text.slice(0, 200)}`,
        );
      await sleep(500 * attempt);
    }
  }
}
