import type { Cluster } from '../../cluster/cluster.ts';
import type { ExecutedOperation, Injection } from '../../fault/injector.ts';
import type { Application } from '../../spec/application.ts';
import type { Counterfactuals, CounterfactualWorld } from '../../spec/counterfactuals.ts';
import { alertId, type FiringAlert } from '../alert-difference.ts';
import type { IndicatorValue } from '../indicators.ts';
import { isWorse } from './signs.ts';

/** Long enough for alerts to clear and rates to settle where an incident does end. */
const waitMs = 10 * 60_000;
/** The end of the wait, over which indicators are averaged. */
const lookMs = 4 * 60_000;

/**
 * At the end of the task's window: undoes its triggers, leaves the causes, waits ten minutes and looks whether the
 * incident goes on. What is deleted and made again by a controller cannot be taken back, and that is said.
 */
export async function reverseTriggers(options: {
  readonly cluster: Cluster;
  readonly injection: Injection;
  readonly application: Application;
  /** What the task showed: what is felt there has to go on. */
  readonly task: Pick<CounterfactualWorld, 'indicators'>;
  readonly twin: readonly IndicatorValue[];
  readonly dueAlerts: readonly Pick<FiringAlert, 'name' | 'labels'>[];
  readonly latent: boolean;
  readonly signal?: AbortSignal;
}): Promise<Counterfactuals['triggers']> {
  const { cluster, injection, signal } = options;
  const triggers = injection.executed.filter(
    ({ operation, outcome }) => operation.role === 'trigger' && outcome === 'done',
  );
  const lasting = triggers.flatMap((one) => {
    const why = whyLasting(one);
    return why === undefined ? [] : [{ operation: one.operation.id, why }];
  });
  const undone = triggers.flatMap(({ operation }) =>
    lasting.some((one) => one.operation === operation.id) ? [] : [operation.id],
  );
  if (undone.length === 0) return { undone, lasting };
  await injection.undo(new Set(undone));
  for (let passedMs = 0; passedMs < waitMs; passedMs += 30_000) {
    signal?.throwIfAborted();
    await cluster.clock.advance(30_000);
  }
  return { undone, lasting, afterMs: waitMs, goesOn: await goesOn(options) };
}

function whyLasting({ operation: { action } }: ExecutedOperation): string | undefined {
  return action.verb === 'delete-pods'
    ? 'the pods were made anew by their controller; there is nothing to put back'
    : undefined;
}

async function goesOn(options: Parameters<typeof reverseTriggers>[0]) {
  const { cluster, application } = options;
  const nowMs = cluster.clock.nowMs();
  const felt = new Set(options.task.indicators.filter((one) => one.felt).map(({ name }) => name));
  const still: string[] = [];
  const over: string[] = [];
  for (const [index, indicator] of application.file.indicators.entries()) {
    if (!felt.has(indicator.name)) continue;
    const expression = indicator.expression.replaceAll('$window', '2m');
    const [series] = await cluster.prometheus.queryRange(expression, nowMs - lookMs, nowMs, 30_000);
    const values = (series?.values ?? []).map(([, value]) => value).filter(Number.isFinite);
    const mean =
      values.length === 0 ? undefined : values.reduce((sum, value) => sum + value, 0) / values.length;
    // the triggers are gone, so health is what it was before them
    const healthy = options.twin[index]?.baseline;
    const text = `${indicator.name} ${mean?.toPrecision(3) ?? 'no data'} (healthy ${healthy?.toPrecision(3) ?? 'no data'})`;
    (isWorse(indicator, healthy, mean) ? still : over).push(text);
  }
  if (options.latent) {
    const due = new Set(options.dueAlerts.map(alertId));
    for (const { metric } of await cluster.prometheus.query('ALERTS{alertstate="firing"}', nowMs)) {
      const { __name__: _, alertname = '', alertstate: __, ...labels } = metric;
      if (due.has(alertId({ name: alertname, labels }))) still.push(`alert ${alertname}`);
    }
  }
  return still.length > 0
    ? { holds: true, detail: still.join(', ') }
    : { holds: false, detail: over.join(', ') || 'no alert that was due to the causes fires any more' };
}
