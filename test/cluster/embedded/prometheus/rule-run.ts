/** Runs the rule cases with our evaluator and writes what came out as a unit test for promtool. */
import { Engine } from '../../../../src/cluster/embedded/prometheus/engine.ts';
import type { Metric } from '../../../../src/cluster/embedded/prometheus/metric.ts';
import { parseExpr } from '../../../../src/cluster/embedded/prometheus/promql/parse.ts';
import { AlertingRule } from '../../../../src/cluster/embedded/prometheus/rules/alerting-rule.ts';
import { parseRules } from '../../../../src/cluster/embedded/prometheus/rules/rule-file.ts';
import { RuleManager } from '../../../../src/cluster/embedded/prometheus/rules/rule-manager.ts';
import { Database } from '../../../../src/cluster/embedded/prometheus/tsdb.ts';
import { Simulation } from '../../../../src/cluster/embedded/simulation.ts';
import { alertNames, evalMinutes, expressions, inputSeries, intervalMs, rulesText } from './rule-cases.ts';

/** Where the confirmed outcome is recorded. */
export const unitTestFile = new URL('./testdata/rules-unit-test.json', import.meta.url).pathname;

/** A unit test in promtool's format (JSON is YAML). */
export function ourUnitTest(rulesFile: string): unknown {
  const database = new Database();
  const engine = new Engine(database, { semantics: '2', subqueryStepMs: intervalMs });
  const { groups, problems } = parseRules(rulesText);
  if (problems.length > 0) throw new Error(JSON.stringify(problems));
  const rules = new RuleManager({
    simulation: new Simulation(0),
    engine,
    seed: 1,
    evaluationIntervalMs: intervalMs,
    groups,
  });
  const alertTests: unknown[] = [];
  const exprTests: unknown[] = [];
  const inputs = inputSeries.map(({ series, values }) => ({
    metric: metricOf(database, series),
    values: expandValues(values),
  }));
  for (const minute of evalMinutes) {
    const time = minute * intervalMs;
    for (const { metric, values } of inputs) {
      const value = values[minute];
      if (value === 'stale') database.seriesOf(metric).appendStale(time);
      else if (value !== undefined) database.seriesOf(metric).append(time, value);
    }
    for (const group of rules.groups) rules.evaluateGroup(group, time);
    for (const { rule, health, lastError } of rules.groups.flatMap((group) => group.rules))
      if (health !== 'ok') throw new Error(`${rule.rule.name}: ${lastError}`);
    for (const alertname of alertNames) {
      const rule = rules.groups
        .flatMap((group) => group.rules)
        .map((state) => state.rule)
        .find((item) => item.rule.name === alertname);
      if (!(rule instanceof AlertingRule)) throw new Error(`no alert ${alertname}`);
      const firing = rule.active().filter((alert) => alert.state === 'firing');
      const expected = firing.map(({ labels: { alertname: _, ...labels }, annotations }) => ({
        exp_labels: labels,
        exp_annotations: annotations,
      }));
      alertTests.push({ eval_time: `${minute}m`, alertname, exp_alerts: expected });
    }
    for (const expr of expressions) {
      const { metrics, values } = engine.vectorAt(engine.prepare(expr), time);
      exprTests.push({
        expr,
        eval_time: `${minute}m`,
        exp_samples: metrics.map((metric, i) => ({ labels: selectorOf(metric), value: values[i] })),
      });
    }
  }
  return {
    rule_files: [rulesFile],
    evaluation_interval: '1m',
    group_eval_order: groups.map((group) => group.name),
    tests: [
      { interval: '1m', input_series: inputSeries, alert_rule_test: alertTests, promql_expr_test: exprTests },
    ],
  };
}

function metricOf(database: Database, text: string): Metric {
  const expr = parseExpr(text);
  if (expr.type !== 'selector') throw new Error(text);
  return database.pool.from(
    Object.fromEntries(expr.matchers.map((matcher) => [matcher.label, matcher.value])),
  );
}

function selectorOf(metric: Metric): string {
  return metric.withoutName().pairs.length === 0 && metric.name !== ''
    ? metric.name
    : metric.name + metric.withoutName().toString();
}

/** `1 2x3 1+2x3 _ _x2 stale` as one value for each interval. */
export function expandValues(text: string): (number | 'stale' | undefined)[] {
  const out: (number | 'stale' | undefined)[] = [];
  for (const word of text.split(' ')) {
    const blanks = /^_(?:x(\d+))?$/.exec(word);
    const series = /^(-?[\d.]+)(?:([+-][\d.]+))?x(\d+)$/.exec(word);
    if (blanks !== null) for (let i = 0; i < Number(blanks[1] ?? 1); i++) out.push(undefined);
    else if (series !== null)
      for (let i = 0; i <= Number(series[3]); i++) out.push(Number(series[1]) + i * Number(series[2] ?? 0));
    else if (word === 'stale') out.push('stale');
    else
      out.push(
        word === 'Inf' ? Number.POSITIVE_INFINITY : word === '-Inf' ? Number.NEGATIVE_INFINITY : Number(word),
      );
  }
  return out;
}
