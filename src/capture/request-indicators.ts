import { byCodeUnit } from '../base/order.ts';
import type { Indicator, Part } from './indicator.ts';
import type { MetricRecording } from './recording.ts';
import { bucketQuantile, increaseBetween } from './window-increase.ts';

interface Requests {
  count: number;
  failed: number;
  readonly buckets: Map<number, number>;
}

/** Count, error ratio and p95 latency of the requests each service answered, in each part of the window. */
export class RequestIndicators {
  readonly #parts: readonly Part[];
  readonly #services: Map<string, Requests>[];

  constructor(parts: readonly Part[]) {
    this.#parts = parts;
    this.#services = parts.map(() => new Map());
  }

  /** Takes a metric if it is about requests. */
  add({ name, series }: MetricRecording): void {
    const type = /^http_server_request_duration_seconds_(count|bucket)$/.exec(name)?.[1];
    if (type === undefined) return;
    for (const { metric, values } of series) {
      const service = `${metric['namespace'] ?? ''}/${metric['service'] ?? metric['service_name'] ?? metric['job'] ?? ''}`;
      this.#parts.forEach(({ fromMs, toMs }, index) => {
        const increase = increaseBetween(values, fromMs, toMs);
        const requests = this.#of(index, service);
        if (type === 'count') {
          requests.count += increase;
          if (Number(metric['http_response_status_code'] ?? metric['code'] ?? 0) >= 500)
            requests.failed += increase;
        } else {
          const bound = metric['le'] === '+Inf' ? Number.POSITIVE_INFINITY : Number(metric['le']);
          requests.buckets.set(bound, (requests.buckets.get(bound) ?? 0) + increase);
        }
      });
    }
  }

  #of(index: number, service: string): Requests {
    const services = this.#services[index] ?? new Map<string, Requests>();
    let requests = services.get(service);
    if (requests === undefined) {
      requests = { count: 0, failed: 0, buckets: new Map() };
      services.set(service, requests);
    }
    return requests;
  }

  /** Indicators of one part, by service. */
  indicators(index: number): Indicator[] {
    const found: Indicator[] = [];
    for (const [service, { count, failed, buckets }] of [...(this.#services[index] ?? [])].sort(([a], [b]) =>
      byCodeUnit(a, b),
    )) {
      found.push({ name: 'requests', subject: service, value: count, unit: 'count' });
      if (count > 0)
        found.push({ name: 'error-ratio', subject: service, value: failed / count, unit: 'ratio' });
      const p95 = bucketQuantile(0.95, buckets);
      if (p95 !== undefined)
        found.push({ name: 'latency-p95', subject: service, value: p95, unit: 'seconds' });
    }
    return found;
  }
}
