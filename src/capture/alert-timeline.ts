import { canonicalJson } from '../base/json.ts';
import { byText } from '../base/order.ts';
import type { PrometheusClient, Series } from '../cluster/cluster.ts';
import { fillTemplate } from './annotation-template.ts';
import type { AlertChange } from './recording.ts';
import { type AlertingRule, alertingRules } from './rule-list.ts';

type Labels = Readonly<Record<string, string>>;

/**
 * When each alert turned pending, firing or inactive in the window, from the `ALERTS` series at the evaluation step
 * (a change is told at the first step that shows it), with the rule's annotations filled in and its value then.
 */
export async function alertTimeline(
  prometheus: PrometheusClient,
  startMs: number,
  endMs: number,
): Promise<readonly AlertChange[]> {
  const rules = alertingRules(await prometheus.rules());
  const stepMs = Math.min(60_000, ...rules.map((rule) => rule.intervalMs));
  const lastMs = Math.floor(endMs / 1000) * 1000;
  const firstMs = lastMs - Math.floor((lastMs - startMs) / stepMs) * stepMs;
  const series = await prometheus.queryRange('ALERTS', firstMs, lastMs, stepMs);
  const values = new ValuesOfRules(prometheus, firstMs, lastMs, stepMs);
  const changes: AlertChange[] = [];
  for (const { labels, states } of alertsOf(series)) {
    const rule = ruleOf(rules, labels);
    let state: AlertChange['state'] = 'inactive';
    let annotations: Labels = {};
    for (let timeMs = firstMs; timeMs <= lastMs; timeMs += stepMs) {
      const now = states.get(timeMs) ?? 'inactive';
      if (now === state) continue;
      state = now;
      const value =
        now === 'inactive' || rule === undefined ? undefined : await values.at(rule, labels, timeMs);
      if (now !== 'inactive' && rule !== undefined) annotations = fill(rule.annotations, labels, value);
      const { alertname = '', ...rest } = labels;
      changes.push({
        timeMs: timeMs === firstMs ? startMs : timeMs,
        state,
        name: alertname,
        labels: rest,
        annotations,
        value,
      });
    }
  }
  const order = byText<AlertChange>(
    ({ name }) => name,
    ({ labels }) => canonicalJson(labels),
    ({ state }) => state,
  );
  return changes.sort((a, b) => a.timeMs - b.timeMs || order(a, b));
}

interface AlertStates {
  readonly labels: Labels;
  /** State by time in ms; inactive where absent. */
  readonly states: ReadonlyMap<number, 'pending' | 'firing'>;
}

function alertsOf(series: readonly Series[]): readonly AlertStates[] {
  const alerts = new Map<string, { labels: Labels; states: Map<number, 'pending' | 'firing'> }>();
  for (const { metric, values } of series) {
    const { __name__: _, alertstate, ...labels } = metric;
    if (alertstate !== 'pending' && alertstate !== 'firing') continue;
    const id = canonicalJson(labels);
    let alert = alerts.get(id);
    if (alert === undefined) {
      alert = { labels, states: new Map() };
      alerts.set(id, alert);
    }
    for (const [seconds] of values) {
      const timeMs = Math.round(seconds * 1000);
      if (alertstate === 'firing' || !alert.states.has(timeMs)) alert.states.set(timeMs, alertstate);
    }
  }
  return [...alerts.values()];
}

function ruleOf(rules: readonly AlertingRule[], labels: Labels): AlertingRule | undefined {
  const named = rules.filter((rule) => rule.name === labels.alertname);
  // several rules may share a name and differ in a label such as severity
  return (
    named.find((rule) =>
      Object.entries(rule.labels).every(([name, value]) => value.includes('{{') || labels[name] === value),
    ) ?? named[0]
  );
}

function fill(templates: Labels, labels: Labels, value: number | undefined): Labels {
  return Object.fromEntries(
    Object.entries(templates).map(([name, text]) => [name, fillTemplate(text, labels, value)]),
  );
}

/** Values of rules' expressions over the window; each expression is asked once. */
class ValuesOfRules {
  readonly #prometheus: PrometheusClient;
  readonly #range: readonly [startMs: number, endMs: number, stepMs: number];
  readonly #asked = new Map<string, readonly Series[]>();

  constructor(prometheus: PrometheusClient, startMs: number, endMs: number, stepMs: number) {
    this.#prometheus = prometheus;
    this.#range = [startMs, endMs, stepMs];
  }

  async at(rule: AlertingRule, labels: Labels, timeMs: number): Promise<number | undefined> {
    let series = this.#asked.get(rule.query);
    if (series === undefined) {
      series = await this.#prometheus.queryRange(rule.query, ...this.#range);
      this.#asked.set(rule.query, series);
    }
    const [, , stepMs] = this.#range;
    const wanted = comparable(labels, rule);
    const mine = series.find(({ metric }) => comparable(metric, rule) === wanted);
    // the rule was evaluated at some time since the step before
    return valueAt(mine, timeMs) ?? valueAt(mine, timeMs - stepMs);
  }
}

function valueAt(series: Series | undefined, timeMs: number): number | undefined {
  return series?.values.find(([seconds]) => Math.round(seconds * 1000) === timeMs)?.[1];
}

/** Labels as the expression gave them: without those the rule adds. */
function comparable(labels: Labels, rule: AlertingRule): string {
  const { __name__: _, alertname: __, ...rest } = labels;
  return canonicalJson(
    Object.fromEntries(Object.entries(rest).filter(([name]) => !Object.hasOwn(rule.labels, name))),
  );
}
