import type { RE2JS } from 're2js';
import { compileAnchored } from '../matcher.ts';
import type { Metric, MetricPool } from '../metric.ts';
import type { Environment, VectorNode } from './context.ts';
import { executionError } from './error.ts';
import { checkDistinct } from './vectors.ts';

const labelName = /^[a-zA-Z_][a-zA-Z0-9_]*$/;

/** Whether a text is a label name of the classic set. */
export function isLabelName(text: string): boolean {
  return labelName.test(text);
}

/** `label_replace(v, destination, replacement, source, regex)`. */
export function labelReplace(
  env: Environment,
  vector: VectorNode,
  destination: string,
  replacement: string,
  source: string,
  pattern: string,
): VectorNode {
  let regex: RE2JS;
  try {
    regex = compileAnchored(pattern, env.semantics === '3');
  } catch {
    throw executionError(`invalid regular expression in label_replace(): ${pattern}`);
  }
  if (!isLabelName(destination))
    throw executionError(`invalid destination label name in label_replace(): ${destination}`);
  return relabel(env.database.pool, vector, (pool, metric) => {
    const matcher = regex.matcher(metric.get(source));
    if (!matcher.matches()) return metric;
    const group = (name: string): string => {
      const index = /^\d+$/.test(name) ? Number(name) : regex.namedGroups()[name];
      if (index === undefined || index > matcher.groupCount()) return '';
      return matcher.group(index) ?? '';
    };
    return pool.set(metric, destination, expand(replacement, group));
  });
}

/** `label_join(v, destination, separator, source…)`. */
export function labelJoin(
  env: Environment,
  vector: VectorNode,
  destination: string,
  separator: string,
  sources: readonly string[],
): VectorNode {
  if (!isLabelName(destination))
    throw executionError(`invalid destination label name in label_join(): ${destination}`);
  const bad = sources.find((source) => !isLabelName(source));
  if (bad !== undefined) throw executionError(`invalid source label name in label_join(): ${bad}`);
  return relabel(env.database.pool, vector, (pool, metric) =>
    pool.set(metric, destination, sources.map((source) => metric.get(source)).join(separator)),
  );
}

function relabel(
  pool: MetricPool,
  vector: VectorNode,
  change: (pool: MetricPool, metric: Metric) => Metric,
): VectorNode {
  const known = new Map<Metric, Metric>();
  return (context) => {
    const result = vector(context);
    result.metrics.forEach((metric, i) => {
      let changed = known.get(metric);
      if (changed === undefined) {
        changed = change(pool, metric);
        known.set(metric, changed);
      }
      result.metrics[i] = changed;
    });
    return checkDistinct(pool, result);
  };
}

/** Go's Regexp.Expand: `$1`, `$name` (the longest run of word characters), `${1}`, `$$`. */
export function expand(template: string, group: (name: string) => string): string {
  return template.replace(
    /\$(?:\$|\{(\w+)\}|(\w+))/g,
    (whole, braced: string | undefined, bare: string | undefined) => {
      if (whole === '$$') return '$';
      return group((braced ?? bare)!);
    },
  );
}
