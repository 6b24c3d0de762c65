import { byCodeUnit } from '../../base/order.ts';
import { RequestIndicators } from '../../capture/request-indicators.ts';
import type { PublicBundle } from '../../snapshot/public-reader.ts';

/**
 * How one service's requests changed from baseline to incident, in words a person would use; `unknown` where the baseline
 * has too few of them to tell.
 */
export interface ServiceShift {
  readonly service: string;
  readonly errors: 'more' | 'fewer' | 'same' | 'no requests' | 'unknown';
  readonly latency: 'slower' | 'faster' | 'same' | 'no requests' | 'unknown';
  /** The numbers behind it. */
  readonly detail: string;
}

/** Smallest change of an error ratio that counts. */
const errorStep = 0.02;
/** A p95 counts as changed by this factor, if the change is at least `latencyStepSeconds`. */
const latencyFactor = 2;
const latencyStepSeconds = 0.05;
/** Fewer requests than this in a part of the window tell nothing. */
const enoughRequests = 10;

/** Shifts of all services of a bundle, sorted by name. */
export async function serviceShifts(
  bundle: PublicBundle,
  window: { readonly startMs: number; readonly incidentMs: number; readonly endMs: number },
): Promise<readonly ServiceShift[]> {
  const { startMs, incidentMs, endMs } = window;
  const requests = new RequestIndicators([
    { fromMs: startMs, toMs: incidentMs },
    { fromMs: incidentMs, toMs: endMs },
  ]);
  for (const name of await bundle.metricNames()) {
    if (!/^http_server_request_duration_seconds_(?:count|bucket)$/.test(name)) continue;
    const { timesMs, rows } = await bundle.metric(name);
    requests.add({
      name,
      series: rows.map(({ labels, values }) => ({
        metric: labels,
        values: values.flatMap((value, index) =>
          value === undefined ? [] : [[(timesMs[index] ?? 0) / 1000, value] as const],
        ),
      })),
    });
  }
  const [before, after] = [byService(requests.indicators(0)), byService(requests.indicators(1))];
  return [...new Set([...before.keys(), ...after.keys()])]
    .sort(byCodeUnit)
    .map((service) => shiftOf(service, before.get(service), after.get(service)));
}

type Numbers = Partial<Record<string, number>>;

function byService(
  indicators: readonly { readonly name: string; readonly subject: string; readonly value: number }[],
): Map<string, Numbers> {
  const services = new Map<string, Numbers>();
  for (const { name, subject, value } of indicators)
    services.set(subject, { ...services.get(subject), [name]: value });
  return services;
}

function shiftOf(service: string, before: Numbers = {}, after: Numbers = {}): ServiceShift {
  const detail = `errors ${share(before['error-ratio'])} → ${share(after['error-ratio'])}, p95 ${seconds(before['latency-p95'])} → ${seconds(after['latency-p95'])}, ${Math.round(after['requests'] ?? 0)} requests in the incident`;
  if ((before['requests'] ?? 0) < enoughRequests)
    return { service, errors: 'unknown', latency: 'unknown', detail };
  if ((after['requests'] ?? 0) < enoughRequests)
    return { service, errors: 'no requests', latency: 'no requests', detail };
  const errors = (after['error-ratio'] ?? 0) - (before['error-ratio'] ?? 0);
  const [slow, fast] = [after['latency-p95'] ?? 0, before['latency-p95'] ?? 0];
  const isChanged = Math.abs(slow - fast) >= latencyStepSeconds;
  return {
    service,
    errors: errors >= errorStep ? 'more' : errors <= -errorStep ? 'fewer' : 'same',
    latency:
      isChanged && slow >= fast * latencyFactor
        ? 'slower'
        : isChanged && fast >= slow * latencyFactor
          ? 'faster'
          : 'same',
    detail,
  };
}

function share(value: number | undefined): string {
  return value === undefined ? '-' : `${(100 * value).toFixed(1)} %`;
}

function seconds(value: number | undefined): string {
  return value === undefined ? '-' : `${(1000 * value).toFixed(0)} ms`;
}
