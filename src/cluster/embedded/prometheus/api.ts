/** Prometheus' HTTP API v1 as a pure function from request to answer. */
import { rfc3339 } from '../../../base/clock.ts';
import { byCodeUnit, byText } from '../../../base/order.ts';
import type { Series as ResultSeries, Sample } from '../../cluster.ts';
import type { Labels } from '../contracts.ts';
import type { Engine } from './engine.ts';
import { formatSample } from './format.ts';
import type { LabelMatcher } from './matcher.ts';
import type { Metric } from './metric.ts';
import { PromqlError } from './promql/error.ts';
import { parseDurationMs } from './promql/literals.ts';
import { parseExpr } from './promql/parse.ts';
import { printExpr } from './promql/print.ts';
import { type AlertInstance, AlertingRule } from './rules/alerting-rule.ts';
import type { GroupState, RuleManager, RuleState } from './rules/rule-manager.ts';
import type { ScrapeManager } from './scrape.ts';
import { formatExponent } from './template/go-format.ts';

export interface ApiRequest {
  /** Path without the query: `/api/v1/query`. */
  readonly path: string;
  /** Query and form parameters; a parameter may be given several times (`match[]`). */
  readonly params: Readonly<Record<string, string | readonly string[] | undefined>>;
}

export interface ApiResponse {
  readonly status: number;
  readonly json: unknown;
}

export interface ApiParts {
  readonly engine: Engine;
  readonly scrapes: ScrapeManager;
  readonly rules: RuleManager;
  readonly scrapeIntervalMs: number;
  nowMs(): number;
}

/** More points a series are refused by Prometheus, and so here. */
export const maxPointsPerSeries = 11_000;

class BadRequest extends Error {}

/** Answers one request; never throws for what a client can do wrong. */
export function handleApi(parts: ApiParts, request: ApiRequest): ApiResponse {
  try {
    const data = route(parts, request);
    if (data === undefined)
      return {
        status: 404,
        json: { status: 'error', errorType: 'not_found', error: `no such path ${request.path}` },
      };
    return { status: 200, json: { status: 'success', data } };
  } catch (error) {
    if (error instanceof BadRequest) return failure(400, 'bad_data', error.message);
    if (PromqlError.isInstance(error)) {
      const isParse = error instanceof PromqlError && error.kind === 'parse';
      return isParse
        ? failure(400, 'bad_data', `invalid parameter "query": ${error.message}`)
        : failure(422, 'execution', error.message);
    }
    throw error;
  }
}

function failure(status: number, errorType: string, error: string): ApiResponse {
  return { status, json: { status: 'error', errorType, error } };
}

function route(parts: ApiParts, { path, params }: ApiRequest): unknown {
  switch (path.replace(/^\/api\/v1\//, '').replace(/\/$/, '')) {
    case 'query':
      return query(parts, params);
    case 'query_range':
      return queryRange(parts, params);
    case 'series':
      return matchingMetrics(parts, params, true).map((metric) => metric.toObject());
    case 'labels':
      return labelNames(parts, params);
    case 'rules':
      return { groups: rules(parts, params) };
    case 'alerts':
      return { alerts: parts.rules.alerts().map(alertJson) };
    case 'targets':
      return targets(parts);
    case 'metadata':
      return metadata(parts);
    case 'status/buildinfo':
      return { version: '3.0.0', revision: '', branch: '', buildUser: '', buildDate: '', goVersion: '' };
    case 'status/runtimeinfo':
      return { startTime: rfc3339(parts.nowMs()), storageRetention: 'unlimited' };
    default: {
      const label = /^\/api\/v1\/label\/([^/]+)\/values$/.exec(path)?.[1];
      return label === undefined ? undefined : labelValues(parts, decodeURIComponent(label), params);
    }
  }
}

type Params = ApiRequest['params'];

function one(params: Params, name: string): string | undefined {
  const value = params[name];
  return typeof value === 'string' ? value : value?.[0];
}

function needed(params: Params, name: string): string {
  const value = one(params, name);
  if (value === undefined || value === '')
    throw new BadRequest(`invalid parameter ${JSON.stringify(name)}: missing`);
  return value;
}

function time(params: Params, name: string, fallback: number | undefined): number {
  const text = one(params, name);
  if (text === undefined || text === '') {
    if (fallback !== undefined) return fallback;
    throw new BadRequest(`invalid parameter ${JSON.stringify(name)}: cannot parse "" to a valid timestamp`);
  }
  const seconds = Number(text);
  const value = Number.isFinite(seconds)
    ? Math.round(seconds * 1000)
    : /^\d{4}-\d\d-\d\dT/.test(text)
      ? Date.parse(text)
      : Number.NaN;
  if (Number.isNaN(value))
    throw new BadRequest(
      `invalid parameter ${JSON.stringify(name)}: cannot parse ${JSON.stringify(text)} to a valid timestamp`,
    );
  return value;
}

function query(parts: ApiParts, params: Params): unknown {
  const timeMs = time(params, 'time', parts.nowMs());
  const result = parts.engine.instant(parts.engine.prepare(needed(params, 'query')), timeMs);
  const at = Math.round(timeMs) / 1000;
  switch (result.type) {
    case 'scalar':
      return { resultType: 'scalar', result: [at, formatSample(result.value)] };
    case 'string':
      return { resultType: 'string', result: [at, result.value] };
    case 'vector': {
      const { metrics, values } = result.vector;
      return {
        resultType: 'vector',
        result: metrics.map((metric, i) => ({
          metric: metric.toObject(),
          value: [at, formatSample(values[i]!)],
        })),
      };
    }
    case 'matrix':
      return { resultType: 'matrix', result: result.series.map(seriesJson) };
  }
}

function queryRange(parts: ApiParts, params: Params): unknown {
  const start = time(params, 'start', undefined);
  const end = time(params, 'end', undefined);
  if (end < start)
    throw new BadRequest('invalid parameter "end": end timestamp must not be before start time');
  const stepText = needed(params, 'step');
  const step = parseDurationMs(stepText);
  if (step === undefined)
    throw new BadRequest(
      `invalid parameter "step": cannot parse ${JSON.stringify(stepText)} to a valid duration`,
    );
  if (step <= 0)
    throw new BadRequest(
      'invalid parameter "step": zero or negative query resolution step widths are not accepted. Try a positive integer',
    );
  if ((end - start) / step > maxPointsPerSeries)
    throw new BadRequest(
      'exceeded maximum resolution of 11,000 points per timeseries. Try decreasing the query resolution (?step=XX)',
    );
  const text = needed(params, 'query');
  return {
    resultType: 'matrix',
    result: parts.engine.range(parts.engine.prepare(text), start, end, step).map(seriesJson),
  };
}

function seriesJson(series: ResultSeries): unknown {
  return {
    metric: series.metric,
    values: series.values.map((sample: Sample) => [sample[0], formatSample(sample[1])]),
  };
}

/** Label sets that match one of `match[]` and have a sample in the time asked for, sorted. */
function matchingMetrics(parts: ApiParts, params: Params, isNeeded: boolean): readonly Metric[] {
  const given = params['match[]'];
  const texts = given === undefined ? [] : typeof given === 'string' ? [given] : given;
  if (texts.length === 0 && isNeeded) throw new BadRequest('no match[] parameter provided');
  return seriesMatching(
    parts.engine,
    texts,
    time(params, 'start', Number.NEGATIVE_INFINITY),
    time(params, 'end', Number.POSITIVE_INFINITY),
  );
}

/** Label sets of the series that match one of the selectors and have a sample in the window; no selector: all. */
export function seriesMatching(
  engine: Engine,
  selectors: readonly string[],
  startMs: number,
  endMs: number,
): readonly Metric[] {
  const found = new Set<Metric>();
  const take = (matchers: readonly LabelMatcher[]) => {
    for (const series of engine.database.select(matchers).series()) {
      const last = series.upperBound(endMs, 0);
      if (last > 0 && series.times[last - 1]! >= startMs) found.add(series.metric);
    }
  };
  if (selectors.length === 0) take([]);
  for (const text of selectors) {
    const expr = parseExpr(text);
    if (expr.type !== 'selector')
      throw new BadRequest(`invalid parameter "match[]": ${text} is not a series selector`);
    take(expr.matchers);
  }
  return [...found].sort(byText((metric) => metric.sortKey));
}

function labelNames(parts: ApiParts, params: Params): readonly string[] {
  const names = new Set<string>();
  for (const metric of matchingMetrics(parts, params, false))
    for (const name of Object.keys(metric.toObject())) names.add(name);
  return [...names].sort(byCodeUnit);
}

function labelValues(parts: ApiParts, label: string, params: Params): readonly string[] {
  const values = new Set<string>();
  for (const metric of matchingMetrics(parts, params, false)) values.add(metric.get(label));
  values.delete('');
  return [...values].sort(byCodeUnit);
}

function rules(parts: ApiParts, params: Params): unknown {
  const type = one(params, 'type');
  if (type !== undefined && type !== '' && type !== 'alert' && type !== 'record')
    throw new BadRequest(`not supported value ${JSON.stringify(type)}`);
  return parts.rules.groups.map((group) => groupJson(group, type));
}

function groupJson(group: GroupState, type: string | undefined): unknown {
  return {
    name: group.group.name,
    file: '/etc/prometheus/rules.yaml',
    rules: group.rules.filter(({ rule }) => !type || rule.rule.kind === type).map(ruleJson),
    interval: group.intervalMs / 1000,
    limit: group.group.limit,
    evaluationTime: 0,
    lastEvaluation: timestamp(group.lastEvaluationMs),
  };
}

function ruleJson({ rule, health, lastError, lastEvaluationMs }: RuleState): unknown {
  const shared = {
    name: rule.rule.name,
    query: printExpr(rule.query.expr),
    labels: rule.rule.labels,
    health,
    ...(lastError === undefined ? {} : { lastError }),
    evaluationTime: 0,
    lastEvaluation: timestamp(lastEvaluationMs),
  };
  if (!(rule instanceof AlertingRule)) return { ...shared, type: 'recording' };
  return {
    state: rule.state,
    ...shared,
    duration: rule.rule.forMs / 1000,
    keepFiringFor: rule.rule.keepFiringForMs / 1000,
    annotations: rule.rule.annotations,
    alerts: rule.active().map(alertJson),
    type: 'alerting',
  };
}

function alertJson(alert: AlertInstance): unknown {
  return {
    labels: alert.labels,
    annotations: alert.annotations,
    state: alert.state,
    activeAt: rfc3339(alert.activeAtMs),
    value: formatExponent(alert.value, undefined),
  };
}

function timestamp(ms: number | undefined): string {
  return ms === undefined ? '0001-01-01T00:00:00Z' : rfc3339(ms);
}

function targets(parts: ApiParts): unknown {
  const activeTargets = parts.scrapes
    .states()
    .map((state) => ({
      discoveredLabels: state.labels,
      labels: state.labels,
      scrapePool: state.labels.job ?? '',
      scrapeUrl: `http://${state.labels.instance ?? ''}/metrics`,
      globalUrl: `http://${state.labels.instance ?? ''}/metrics`,
      lastError:
        state.health === 'down'
          ? `Get "http://${state.labels.instance ?? ''}/metrics": connection refused`
          : '',
      lastScrape: timestamp(state.lastScrapeMs),
      lastScrapeDuration: state.lastDurationSeconds,
      health: state.health,
      scrapeInterval: `${parts.scrapeIntervalMs / 1000}s`,
      scrapeTimeout: '10s',
    }))
    .sort(
      byText(
        (target) => target.scrapePool,
        (target) => target.scrapeUrl,
        (target) => sortKey(target.labels),
      ),
    );
  return { activeTargets, droppedTargets: [] };
}

function sortKey(labels: Labels): string {
  return Object.entries(labels)
    .map(([name, value]) => `${name}=${value}`)
    .join(',');
}

/** Types by the naming conventions; there is no HELP text to give. */
function metadata(parts: ApiParts): unknown {
  const out: Record<string, unknown> = {};
  for (const name of parts.engine.database.labelValues('__name__')) {
    const type = /_(?:total|bucket|count|sum)$/.test(name) ? 'counter' : 'gauge';
    out[name] = [{ type, help: '', unit: '' }];
  }
  return out;
}
