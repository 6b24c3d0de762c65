import type { Labels } from '../../contracts.ts';
import type { Engine, Query } from '../engine.ts';
import type { Metric } from '../metric.ts';
import { executionError } from '../promql/error.ts';
import type { Series } from '../series.ts';
import type { TemplateQuery } from '../template/functions.ts';
import { parseTemplate, type Template } from '../template/template.ts';
import type { Rule } from './rule-file.ts';

/** One alert of a rule: a label set for which the expression has a value, or had one lately. */
export interface AlertInstance {
  readonly labels: Labels;
  readonly annotations: Labels;
  readonly state: 'pending' | 'firing' | 'inactive';
  readonly activeAtMs: number;
  readonly value: number;
}

interface Alert {
  /** Labels with `alertname`, without `alertstate`. */
  readonly metric: Metric;
  annotations: Labels;
  value: number;
  state: 'pending' | 'firing' | 'inactive';
  readonly activeAtMs: number;
  resolvedAtMs: number | undefined;
  keepFiringSinceMs: number | undefined;
  readonly series: { pending?: Series; firing?: Series; forState?: Series };
}

/** Resolved alerts are remembered this long, as Prometheus does for its Alertmanager. */
const resolvedRetentionMs = 15 * 60_000;

/** Turns the values of an expression into alerts, and writes them as `ALERTS` and `ALERTS_FOR_STATE`. */
export class AlertingRule {
  readonly rule: Rule;
  readonly query: Query;
  readonly #engine: Engine;
  readonly #limit: number;
  readonly #labels: readonly (readonly [string, Template])[];
  readonly #annotations: readonly (readonly [string, Template])[];
  readonly #alerts = new Map<Metric, Alert>();

  constructor(engine: Engine, rule: Rule, limit: number) {
    this.#engine = engine;
    this.rule = rule;
    this.#limit = limit;
    this.query = engine.prepare(rule.expr);
    this.#labels = Object.entries(rule.labels).map(([name, text]) => [name, parseTemplate(text)]);
    this.#annotations = Object.entries(rule.annotations).map(([name, text]) => [name, parseTemplate(text)]);
  }

  evaluate(timeMs: number): Set<Series> {
    const { metrics, values } = this.#engine.vectorAt(this.query, timeMs);
    const found = new Map<Metric, { metric: Metric; value: number }>();
    const query: TemplateQuery = (expression) => this.#query(expression, timeMs);
    metrics.forEach((metric, i) => {
      const value = values[i]!;
      const identity = this.#identity(metric, value, query);
      if (found.has(identity))
        throw executionError('vector contains metrics with the same labelset after applying alert labels');
      found.set(identity, { metric, value });
    });
    if (this.#limit > 0 && found.size > this.#limit) {
      this.#alerts.clear();
      throw executionError(`exceeded limit of ${this.#limit} with ${found.size} alerts`);
    }
    for (const [identity, { metric, value }] of found) this.#see(identity, metric, value, timeMs, query);
    const written = new Set<Series>();
    for (const [identity, alert] of this.#alerts) {
      if (found.has(identity)) alert.keepFiringSinceMs = undefined;
      else if (!this.#keepsFiring(alert, timeMs)) {
        this.#resolve(identity, alert, timeMs);
        continue;
      }
      if (alert.state === 'pending' && timeMs - alert.activeAtMs >= this.rule.forMs) alert.state = 'firing';
      this.#write(alert, timeMs, written);
    }
    return written;
  }

  /** Pending and firing alerts, those that began first come first. */
  active(): readonly AlertInstance[] {
    return [...this.#alerts.values()]
      .filter((alert) => alert.state !== 'inactive')
      .map(({ metric, annotations, state, activeAtMs, value }) => ({
        labels: metric.toObject(),
        annotations,
        state,
        activeAtMs,
        value,
      }));
  }

  /** The worst state of its alerts. */
  get state(): 'pending' | 'firing' | 'inactive' {
    const states = new Set([...this.#alerts.values()].map((alert) => alert.state));
    return states.has('firing') ? 'firing' : states.has('pending') ? 'pending' : 'inactive';
  }

  #see(identity: Metric, metric: Metric, value: number, timeMs: number, query: TemplateQuery): void {
    const known = this.#alerts.get(identity);
    const annotations = this.#expandAnnotations(metric, value, query);
    if (known !== undefined && known.state !== 'inactive') {
      known.value = value;
      known.annotations = annotations;
      return;
    }
    this.#alerts.set(identity, {
      metric: identity,
      annotations,
      value,
      state: 'pending',
      activeAtMs: timeMs,
      resolvedAtMs: undefined,
      keepFiringSinceMs: undefined,
      series: known?.series ?? {},
    });
  }

  #keepsFiring(alert: Alert, timeMs: number): boolean {
    if (alert.state !== 'firing' || this.rule.keepFiringForMs === 0) return false;
    alert.keepFiringSinceMs ??= timeMs;
    return timeMs - alert.keepFiringSinceMs < this.rule.keepFiringForMs;
  }

  #resolve(identity: Metric, alert: Alert, timeMs: number): void {
    const isForgotten = alert.resolvedAtMs !== undefined && timeMs - alert.resolvedAtMs > resolvedRetentionMs;
    if (alert.state === 'pending' || isForgotten) this.#alerts.delete(identity);
    if (alert.state !== 'inactive') {
      alert.state = 'inactive';
      alert.resolvedAtMs = timeMs;
    }
  }

  #write(alert: Alert, timeMs: number, written: Set<Series>): void {
    if (alert.state === 'inactive') return;
    const { database } = this.#engine;
    const { pool } = database;
    let series = alert.series[alert.state];
    if (series === undefined) {
      series = database.seriesOf(pool.set(this.#stored(alert.metric, 'ALERTS'), 'alertstate', alert.state));
      alert.series[alert.state] = series;
    }
    alert.series.forState ??= database.seriesOf(this.#stored(alert.metric, 'ALERTS_FOR_STATE'));
    series.append(timeMs, 1);
    alert.series.forState.append(timeMs, Math.floor(alert.activeAtMs / 1000));
    written.add(series).add(alert.series.forState);
  }

  /** Prometheus starts from the rule's labels as written, so one whose template came out empty shows its template. */
  #stored(alert: Metric, name: string): Metric {
    const { pool } = this.#engine.database;
    let stored = alert;
    for (const [label, text] of Object.entries(this.rule.labels))
      if (alert.get(label) === '') stored = pool.set(stored, label, text);
    return pool.set(stored, '__name__', name);
  }

  #identity(metric: Metric, value: number, query: TemplateQuery): Metric {
    const { pool } = this.#engine.database;
    let identity = metric.withoutName();
    const labels = metric.toObject();
    for (const [name, template] of this.#labels)
      identity = pool.set(identity, name, expandSafely(template, { labels, value, query }));
    return pool.set(identity, 'alertname', this.rule.name);
  }

  #expandAnnotations(metric: Metric, value: number, query: TemplateQuery): Labels {
    const labels = metric.toObject();
    const out: Record<string, string> = {};
    for (const [name, template] of this.#annotations)
      out[name] = expandSafely(template, { labels, value, query });
    return out;
  }

  #query(expression: string, timeMs: number) {
    const { metrics, values } = this.#engine.vectorAt(this.#engine.prepare(expression), timeMs);
    return metrics.map((metric, i) => ({ Labels: metric.toObject(), Value: values[i]! }));
  }
}

function expandSafely(template: Template, data: Parameters<Template>[0]): string {
  try {
    return template(data);
  } catch (error) {
    return `<error expanding template: ${error instanceof Error ? error.message : String(error)}>`;
  }
}
