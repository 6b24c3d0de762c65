import type { Metric } from '../metric.ts';
import type { Environment, ScalarNode, VectorNode } from './context.ts';
import { Remembered } from './remembered.ts';

interface Bucket {
  readonly upperBound: number;
  count: number;
}

interface Group {
  readonly metric: Metric;
  readonly buckets: Bucket[];
  stamp: number;
}

/** `histogram_quantile` of classic histograms: buckets are series with an `le` label. */
export function histogramQuantile(env: Environment, q: ScalarNode, vector: VectorNode): VectorNode {
  const pool = env.database.pool;
  const dropped = new Set(['le', '__name__']);
  const groups = new Map<Metric, Group>();
  const places = new Remembered((metric): { group: Group; upperBound: number } | null => {
    const upperBound = parseBound(metric.get('le'));
    if (upperBound === undefined) return null;
    const key = pool.drop(metric, dropped);
    let group = groups.get(key);
    if (group === undefined) {
      group = { metric: key, buckets: [], stamp: 0 };
      groups.set(key, group);
    }
    return { group, upperBound };
  });
  let stamp = 0;
  return (context) => {
    stamp++;
    const wanted = q(context);
    const input = vector(context);
    const touched: Group[] = [];
    for (let i = 0; i < input.metrics.length; i++) {
      const place = places.at(i, input.metrics[i]!);
      if (place === null) continue;
      const { group } = place;
      if (group.stamp !== stamp) {
        group.stamp = stamp;
        group.buckets.length = 0;
        touched.push(group);
      }
      group.buckets.push({ upperBound: place.upperBound, count: input.values[i]! });
    }
    return {
      metrics: touched.map((group) => group.metric),
      values: touched.map((group) => bucketQuantile(wanted, group.buckets)),
    };
  };
}

function parseBound(text: string): number | undefined {
  if (/^\+?inf(inity)?$/i.test(text)) return Number.POSITIVE_INFINITY;
  if (/^-inf(inity)?$/i.test(text)) return Number.NEGATIVE_INFINITY;
  return /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/.test(text) ? Number(text) : undefined;
}

/** Quantile of cumulative buckets, by linear interpolation inside the bucket. Sorts and changes `buckets`. */
export function bucketQuantile(q: number, buckets: Bucket[]): number {
  if (Number.isNaN(q)) return Number.NaN;
  if (q < 0) return Number.NEGATIVE_INFINITY;
  if (q > 1) return Number.POSITIVE_INFINITY;
  buckets.sort((a, b) => (a.upperBound < b.upperBound ? -1 : a.upperBound > b.upperBound ? 1 : 0));
  if (buckets.at(-1)?.upperBound !== Number.POSITIVE_INFINITY) return Number.NaN;
  const merged = monotonic(coalesced(buckets));
  if (merged.length < 2) return Number.NaN;
  const observations = merged.at(-1)!.count;
  if (observations === 0) return Number.NaN;
  let rank = q * observations;
  let b = merged.findIndex((bucket, i) => i === merged.length - 1 || bucket.count >= rank);
  if (b < 0) b = merged.length - 1;
  if (b === merged.length - 1) return merged[b - 1]!.upperBound;
  const end = merged[b]!.upperBound;
  if (b === 0 && end <= 0) return end;
  let start = 0;
  let count = merged[b]!.count;
  if (b > 0) {
    start = merged[b - 1]!.upperBound;
    count -= merged[b - 1]!.count;
    rank -= merged[b - 1]!.count;
  }
  return start + (end - start) * (rank / count);
}

function coalesced(buckets: readonly Bucket[]): Bucket[] {
  const out: Bucket[] = [];
  for (const bucket of buckets) {
    const last = out.at(-1);
    if (last !== undefined && last.upperBound === bucket.upperBound) last.count += bucket.count;
    else out.push({ ...bucket });
  }
  return out;
}

/** Scrapes of buckets are not one moment's: a count below its predecessor is lifted, tiny differences are ignored. */
function monotonic(buckets: Bucket[]): Bucket[] {
  let previous = buckets[0]!.count;
  for (const bucket of buckets) {
    const difference = Math.abs(bucket.count - previous);
    if (bucket.count < previous || difference <= 1e-12 * (Math.abs(bucket.count) + Math.abs(previous)))
      bucket.count = previous;
    else previous = bucket.count;
  }
  return buckets;
}
