import { OperationError } from '../base/errors.ts';
import type { PrometheusClient } from '../cluster/cluster.ts';

/**
 * A Prometheus client that keeps its answers. After `forget` it answers only what it was asked before: the server's
 * history of that time is gone by then.
 */
export class RememberedPrometheus implements PrometheusClient {
  #prometheus: PrometheusClient | undefined;
  readonly #answers = new Map<string, Promise<unknown>>();

  constructor(prometheus: PrometheusClient) {
    this.#prometheus = prometheus;
  }

  /** From now on only what is remembered is answered. */
  forget(): void {
    this.#prometheus = undefined;
  }

  query: PrometheusClient['query'] = (...question) =>
    this.#ask('query', question, (p) => p.query(...question));

  queryRange: PrometheusClient['queryRange'] = (...question) =>
    this.#ask('queryRange', question, (p) => p.queryRange(...question));

  series: PrometheusClient['series'] = (...question) =>
    this.#ask('series', question, (p) => p.series(...question));

  rules: PrometheusClient['rules'] = () => this.#ask('rules', [], (p) => p.rules());

  alerts: PrometheusClient['alerts'] = () => this.#ask('alerts', [], (p) => p.alerts());

  #ask<T>(
    kind: string,
    question: readonly unknown[],
    ask: (client: PrometheusClient) => Promise<T>,
  ): Promise<T> {
    const id = JSON.stringify([kind, ...question]);
    const known = this.#answers.get(id);
    // an answer is kept under the question of its own method
    if (known !== undefined) return known as Promise<T>;
    if (this.#prometheus === undefined)
      throw new OperationError(
        'not-remembered',
        `Prometheus was not asked this while it could answer: ${id}`,
      );
    const answer = ask(this.#prometheus);
    this.#answers.set(id, answer);
    answer.catch(() => this.#answers.delete(id));
    return answer;
  }
}
