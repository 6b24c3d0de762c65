import { formatDuration } from '../base/duration.ts';
import type { Cluster } from '../cluster/cluster.ts';
import { diffDesiredState, readDesiredState } from '../fault/desired-state.ts';
import type { Injection } from '../fault/injector.ts';
import type { KubeObject } from '../kube/objects.ts';
import type { Application } from '../spec/application.ts';
import { alertId } from './alert-difference.ts';
import { isWorse } from './counterfactual/signs.ts';
import { endBackOffs } from './end-back-offs.ts';
import type { IndicatorValue } from './indicators.ts';

/** What happened after everything was undone. */
export interface RecoveryResult {
  readonly healthy: boolean;
  /** Until the indicators were back and no alert due to the causes fired. */
  readonly afterMs: number | undefined;
  /** Desired state that is not as it was before; empty when nothing is left. */
  readonly leftOver: readonly string[];
  /** What is still wrong at the time-out; empty when healthy. */
  readonly remaining: readonly string[];
}

const timeoutMs = 12 * 60_000;

/**
 * Undoes the injection from its journal, then waits until the world is as healthy as in the baseline: no alert due to
 * the causes fires and every indicator is within its threshold of the baseline's value.
 */
export async function recoverAndCheck(options: {
  readonly cluster: Cluster;
  readonly injection: Injection;
  readonly application: Application;
  readonly before: readonly KubeObject[];
  /** Values of healthy times: of one of them an indicator has to be near. */
  readonly baselines: readonly (readonly IndicatorValue[])[];
  readonly dueAlerts: ReadonlySet<string>;
  /** Share of the usual rate window, for short worlds. */
  readonly windowShare?: number;
  /** What is waited for, in words. */
  readonly onStep?: (text: string) => void;
}): Promise<RecoveryResult> {
  const { cluster, injection, onStep = () => undefined } = options;
  onStep('undoing');
  await injection.recover();
  const leftOver = diffDesiredState(options.before, await readDesiredState(cluster.kube)).map(
    ({ entity, path }) => `${entity}${path === '' ? ' as a whole' : ` ${path}`}`,
  );
  const startMs = cluster.clock.nowMs();
  let remaining: readonly string[] = [];
  let told = '';
  const tellRest = (rest: readonly string[]) => {
    const [first, ...more] = rest;
    const others = more.length === 0 ? '' : ` and ${more.length} more`;
    const text = first === undefined ? 'healthy again' : `waiting for the end of ${first}${others}`;
    if (text !== told) onStep(text);
    told = text;
  };
  const hurried = new Map<string, number>();
  const healthy = await cluster.clock.until(
    async () => {
      // real time is dear
      if (cluster.provider !== 'embedded')
        await endBackOffs(cluster.kube, options.application.file.namespaces, hurried);
      remaining = await stillWrong(options);
      tellRest(remaining);
      return remaining.length === 0;
    },
    timeoutMs,
    15_000 * (options.windowShare ?? 1),
  );
  return {
    healthy,
    afterMs: healthy ? Math.round(cluster.clock.nowMs() - startMs) : undefined,
    leftOver,
    remaining,
  };
}

async function stillWrong(options: {
  readonly cluster: Cluster;
  readonly application: Application;
  readonly baselines: readonly (readonly IndicatorValue[])[];
  readonly dueAlerts: ReadonlySet<string>;
  readonly windowShare?: number;
}): Promise<readonly string[]> {
  const { cluster, application } = options;
  // by the wall clock no two times are equal, and better than before is no reason to wait
  const isAway = cluster.provider === 'embedded' ? differs : isWorse;
  const nowMs = cluster.clock.nowMs();
  const wrong: string[] = [];
  for (const { metric } of await cluster.prometheus.query('ALERTS{alertstate="firing"}', nowMs)) {
    const { __name__: _, alertname = '', alertstate: __, ...labels } = metric;
    if (options.dueAlerts.has(alertId({ name: alertname, labels })))
      wrong.push(`alert ${alertname} ${JSON.stringify(labels)}`);
  }
  for (const [index, indicator] of application.file.indicators.entries()) {
    const [series] = await cluster.prometheus.query(
      indicator.expression.replaceAll(
        '$window',
        formatDuration(Math.round(60_000 * (options.windowShare ?? 1))),
      ),
      nowMs,
    );
    const value = series?.values.at(-1)?.[1];
    const healthy = options.baselines.flatMap((values) => values[index]?.baseline ?? []);
    const [baseline] = healthy;
    if (baseline === undefined) continue;
    if (value === undefined || !Number.isFinite(value)) wrong.push(`${indicator.name}: no data`);
    else if (healthy.every((one) => isAway(indicator, one, value)))
      wrong.push(`${indicator.name}: ${value.toPrecision(3)} instead of ${baseline.toPrecision(3)}`);
  }
  return wrong;
}

function differs({ threshold }: { readonly threshold: number }, before: number, after: number): boolean {
  return Math.abs(after - before) >= threshold;
}
