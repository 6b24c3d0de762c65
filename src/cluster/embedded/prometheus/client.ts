import type { PrometheusClient, Series as ResultSeries } from '../../cluster.ts';
import { type ApiParts, handleApi, seriesMatching } from './api.ts';

/** The embedded store as a PrometheusClient, without HTTP and without formatting numbers. */
export class InProcessClient implements PrometheusClient {
  readonly #parts: ApiParts;

  constructor(parts: ApiParts) {
    this.#parts = parts;
  }

  async query(expression: string, timeMs: number): Promise<readonly ResultSeries[]> {
    const { engine } = this.#parts;
    const result = engine.instant(engine.prepare(expression), timeMs);
    const at = Math.round(timeMs) / 1000;
    switch (result.type) {
      case 'scalar':
        return [{ metric: {}, values: [[at, result.value]] }];
      case 'string':
        return [];
      case 'matrix':
        return result.series;
      case 'vector':
        return result.vector.metrics.map((metric, i) => ({
          metric: metric.toObject(),
          values: [[at, result.vector.values[i]!]],
        }));
    }
  }

  async queryRange(
    expression: string,
    startMs: number,
    endMs: number,
    stepMs: number,
  ): Promise<readonly ResultSeries[]> {
    const { engine } = this.#parts;
    return engine.range(
      engine.prepare(expression),
      Math.round(startMs),
      Math.round(endMs),
      Math.max(1, Math.round(stepMs)),
    );
  }

  async series(
    matchers: readonly string[],
    startMs: number,
    endMs: number,
  ): Promise<readonly Readonly<Record<string, string>>[]> {
    return seriesMatching(this.#parts.engine, matchers, startMs, endMs).map((metric) => metric.toObject());
  }

  async rules(): Promise<unknown> {
    return data(handleApi(this.#parts, { path: '/api/v1/rules', params: {} }).json);
  }

  async alerts(): Promise<unknown> {
    return data(handleApi(this.#parts, { path: '/api/v1/alerts', params: {} }).json);
  }
}

function data(json: unknown): unknown {
  return (json as { data?: unknown }).data;
}
