import { UserError } from '../../../base/errors.ts';
import type { PrometheusClient, Series as ResultSeries } from '../../cluster.ts';
import type { Labels, TargetRegistry } from '../contracts.ts';
import type { Simulation } from '../simulation.ts';
import { type ApiParts, type ApiRequest, type ApiResponse, handleApi } from './api.ts';
import { InProcessClient } from './client.ts';
import { Engine } from './engine.ts';
import type { Semantics } from './promql/context.ts';
import { parseRules } from './rules/rule-file.ts';
import { RuleManager } from './rules/rule-manager.ts';
import { ScrapeManager } from './scrape.ts';
import { Database } from './tsdb.ts';

export interface PrometheusOptions {
  readonly simulation: Simulation;
  readonly seed: number;
  readonly scrapeIntervalMs: number;
  readonly evaluationIntervalMs: number;
  /** Text of a Prometheus rule file. */
  readonly rules: string;
  readonly semantics?: Semantics;
}

/**
 * Prometheus in virtual time: scrapes registered targets, evaluates rules, answers PromQL. The constructor throws
 * UserError (`rules-invalid`) with every mistake if the rule file is not valid; `checkRules` finds them without.
 */
export class Prometheus {
  readonly database = new Database();
  readonly engine: Engine;
  readonly targets: TargetRegistry;
  readonly client: PrometheusClient;
  readonly rules: RuleManager;
  readonly #scrapes: ScrapeManager;
  readonly #parts: ApiParts;

  constructor(options: PrometheusOptions) {
    const { simulation, seed, scrapeIntervalMs, evaluationIntervalMs } = options;
    const { groups, problems } = parseRules(options.rules);
    if (problems.length > 0) {
      const list = problems.map(({ line, column, message }) => `${line}:${column} ${message}`);
      throw new UserError('rules-invalid', `the alert rules are not valid:\n${list.join('\n')}`, {
        details: { problems },
      });
    }
    this.engine = new Engine(this.database, {
      subqueryStepMs: evaluationIntervalMs,
      semantics: options.semantics ?? '3',
    });
    this.#scrapes = new ScrapeManager({
      simulation,
      database: this.database,
      seed,
      intervalMs: scrapeIntervalMs,
    });
    this.targets = this.#scrapes;
    this.rules = new RuleManager({ simulation, engine: this.engine, seed, evaluationIntervalMs, groups });
    this.#parts = {
      engine: this.engine,
      scrapes: this.#scrapes,
      rules: this.rules,
      scrapeIntervalMs,
      nowMs: () => simulation.nowMs,
    };
    this.client = new InProcessClient(this.#parts);
  }

  /** Begins to scrape and to evaluate rules, from the current virtual time on. */
  start(): void {
    this.#scrapes.start();
    this.rules.start();
  }

  /** Stops scraping and evaluating; what is stored can still be queried. */
  pause(): void {
    this.#scrapes.pause();
    this.rules.pause();
  }

  /** Answers one request of the HTTP API; see `serve` in http.ts for a listener. */
  handle(request: ApiRequest): ApiResponse {
    return handleApi(this.#parts, request);
  }

  /** Names of all metrics that have samples, sorted. */
  metricNames(): readonly string[] {
    return this.database
      .labelValues('__name__')
      .filter((name) => this.database.postings('__name__', name)?.some((series) => series.length > 0));
  }

  /** Every sample of every series of a metric as it was scraped or recorded, within [startMs, endMs]; no lookback, no markers. */
  samples(metricName: string, startMs: number, endMs: number): readonly ResultSeries[] {
    const out: { metric: Labels; key: string; values: [number, number][] }[] = [];
    for (const series of this.database.postings('__name__', metricName) ?? []) {
      const values: [number, number][] = [];
      for (let i = series.upperBound(startMs - 1, 0); i < series.length && series.times[i]! <= endMs; i++)
        if (!series.isStale(i)) values.push([series.times[i]! / 1000, series.values[i]!]);
      if (values.length > 0)
        out.push({ metric: series.metric.toObject(), key: series.metric.sortKey, values });
    }
    out.sort((a, b) => (a.key < b.key ? -1 : 1));
    return out.map(({ metric, values }) => ({ metric, values }));
  }

  /** Forgets samples before a time; for worlds that run for long. */
  forgetBefore(timeMs: number): void {
    this.database.dropBefore(timeMs);
  }
}
