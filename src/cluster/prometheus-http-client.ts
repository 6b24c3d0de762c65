import { setTimeout as sleep } from 'node:timers/promises';
import { OperationError } from '../base/errors.ts';
import type { PrometheusClient, Sample, Series } from './cluster.ts';

export interface PrometheusHttpOptions {
  /** `http://host:port`, with a path prefix if there is one. */
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** How often a request is tried when the server fails or cannot be reached. Default 4. */
  readonly tries?: number;
  /** Pause before the second try, doubled each time. Default 250 ms. */
  readonly backoffMs?: number;
  readonly signal?: AbortSignal;
  /** How a request gets to the server and its answer back; default: directly. Throws where no answer came. */
  readonly send?: (url: string, request: PrometheusRequest) => Promise<{ status: number; text: string }>;
}

export interface PrometheusRequest {
  readonly method: 'GET' | 'POST';
  readonly headers: Readonly<Record<string, string>>;
  /** A form. */
  readonly body?: string;
}

/** A server refuses a query that gives more points a series. */
const maxPoints = 11_000;

/** A real Prometheus by its HTTP API. Long ranges are asked in pieces; failures of the server are retried. */
export class PrometheusHttpClient implements PrometheusClient {
  readonly #options: PrometheusHttpOptions;

  constructor(options: PrometheusHttpOptions) {
    this.#options = options;
  }

  async query(expression: string, timeMs: number): Promise<readonly Series[]> {
    return toSeries(await this.#ask('query', { query: expression, time: seconds(timeMs) }));
  }

  async queryRange(
    expression: string,
    startMs: number,
    endMs: number,
    stepMs: number,
  ): Promise<readonly Series[]> {
    const whole = new Map<string, { metric: Series['metric']; values: Sample[] }>();
    const pieceMs = stepMs * (maxPoints - 1);
    // pieces start where the next step would be, so that no step is asked twice
    for (let from = startMs; from <= endMs; from += pieceMs + stepMs) {
      const until = Math.min(endMs, from + pieceMs);
      const params = { query: expression, start: seconds(from), end: seconds(until), step: seconds(stepMs) };
      for (const { metric, values } of toSeries(await this.#ask('query_range', params))) {
        const id = JSON.stringify(Object.entries(metric).sort());
        const known = whole.get(id);
        if (known === undefined) whole.set(id, { metric, values: [...values] });
        else known.values.push(...values);
      }
    }
    return [...whole].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, series]) => series);
  }

  async series(
    matchers: readonly string[],
    startMs: number,
    endMs: number,
  ): Promise<readonly Readonly<Record<string, string>>[]> {
    const data = await this.#ask('series', {
      'match[]': matchers,
      start: seconds(startMs),
      end: seconds(endMs),
    });
    return data as readonly Readonly<Record<string, string>>[];
  }

  rules(): Promise<unknown> {
    return this.#ask('rules');
  }

  alerts(): Promise<unknown> {
    return this.#ask('alerts');
  }

  /** The server's version, which also tells whether it is there. */
  async version(): Promise<string> {
    const data = (await this.#ask('status/buildinfo')) as { version?: string };
    return data.version ?? 'unknown';
  }

  async #ask(path: string, params?: Readonly<Record<string, string | readonly string[]>>): Promise<unknown> {
    const { tries = 4, backoffMs = 250, signal } = this.#options;
    for (let attempt = 1; ; attempt++) {
      try {
        return await this.#once(path, params);
      } catch (error) {
        const isRetryable = OperationError.isInstance(error) && (error as OperationError).isRetryable;
        if (!isRetryable || attempt >= tries) throw error;
        await sleep(backoffMs * 2 ** (attempt - 1), undefined, signal === undefined ? {} : { signal });
      }
    }
  }

  async #once(
    path: string,
    params: Readonly<Record<string, string | readonly string[]>> | undefined,
  ): Promise<unknown> {
    const { url, headers = {}, signal } = this.#options;
    const target = `${url.replace(/\/$/, '')}/api/v1/${path}`;
    const body = new URLSearchParams();
    for (const [name, value] of Object.entries(params ?? {}))
      for (const item of typeof value === 'string' ? [value] : value) body.append(name, item);
    const send = this.#options.send ?? ((to, request) => sendDirectly(to, request, signal));
    let answer: { status: number; text: string };
    try {
      answer = await send(target, {
        headers: {
          accept: 'application/json',
          ...(params === undefined ? {} : { 'content-type': 'application/x-www-form-urlencoded' }),
          ...headers,
        },
        // a POST has no limit on the length of the query
        ...(params === undefined ? { method: 'GET' } : { method: 'POST', body: body.toString() }),
      });
    } catch (cause) {
      if (signal?.aborted) throw signal.reason;
      throw new OperationError('prometheus-unreachable', `Prometheus at ${url} does not answer`, {
        cause,
        isRetryable: true,
        details: { url: target },
      });
    }
    const { status, text } = answer;
    const json = parseJson(text);
    if (status < 300 && json?.status === 'success') return json.data;
    const message = json?.error ?? text.slice(0, 200);
    throw new OperationError('prometheus-refused', `Prometheus answered ${status} to ${path}: ${message}`, {
      // what the expression is to blame for comes as 4xx and would fail again
      isRetryable: status >= 500 || status === 429 || json === undefined,
      details: { url: target, status, errorType: json?.errorType },
    });
  }
}

async function sendDirectly(
  url: string,
  request: PrometheusRequest,
  signal: AbortSignal | undefined,
): Promise<{ status: number; text: string }> {
  const response = await fetch(url, { ...request, ...(signal === undefined ? {} : { signal }) });
  return { status: response.status, text: await response.text() };
}

function seconds(ms: number): string {
  return (Math.round(ms) / 1000).toFixed(3);
}

interface ApiJson {
  readonly status?: string;
  readonly data?: unknown;
  readonly error?: string;
  readonly errorType?: string;
}

function parseJson(text: string): ApiJson | undefined {
  try {
    return JSON.parse(text) as ApiJson;
  } catch {
    return undefined;
  }
}

type Pair = readonly [number, string];

function toSeries(data: unknown): readonly Series[] {
  const { resultType, result } = data as { resultType: string; result: unknown };
  if (resultType === 'string') return [];
  if (resultType === 'scalar') return [{ metric: {}, values: [sample(result as Pair)] }];
  return (result as { metric: Series['metric']; value?: Pair; values?: readonly Pair[] }[]).map(
    ({ metric, value, values }) => ({
      metric,
      values: (values ?? (value === undefined ? [] : [value])).map(sample),
    }),
  );
}

function sample([time, value]: Pair): Sample {
  return [
    time,
    value === '+Inf' ? Number.POSITIVE_INFINITY : value === '-Inf' ? Number.NEGATIVE_INFINITY : Number(value),
  ];
}
