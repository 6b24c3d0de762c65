import { byCodeUnit } from '../base/order.ts';
import type { Indicator } from '../capture/indicator.ts';
import { differences, type IndicatorDifference, type WorldSummary } from '../capture/summary.ts';
import type { Effects } from './prove.ts';

/** An entity that suffers, and how it shows. */
export interface Symptom {
  readonly entity: string;
  /** Sorted; each names the signal and both values. */
  readonly signals: readonly string[];
}

/**
 * What suffers: every entity whose signals in the incident differ from the twin's by more than chance would explain.
 * Entities of `excluded` (the causes, with everything folded into them) are none. On a live cluster (`isLive`) ratios and
 * latencies vary by themselves: there they have to be beyond every healthy time of both worlds, a latency by more than
 * busy neighbours cost and of more than a few requests.
 */
export function deriveSymptoms(
  task: WorldSummary,
  twin: WorldSummary,
  alerts: Effects['alertsDueToCauses'],
  entityOfService: (service: string) => string | undefined,
  entityOfAlert: (labels: Readonly<Record<string, string>>) => string | undefined,
  excluded: ReadonlySet<string>,
  isLive = false,
): readonly Symptom[] {
  const found = new Map<string, Set<string>>();
  const note = (entity: string | undefined, signal: string) => {
    if (entity === undefined || excluded.has(entity)) return;
    const signals = found.get(entity);
    if (signals) signals.add(signal);
    else found.set(entity, new Set([signal]));
  };
  const healthy = isLive ? [twin.baseline, task.baseline] : [];
  for (const difference of differences(twin.incident, task.incident)) {
    const { name, subject, unit, second: after = 0 } = difference;
    const before =
      unit === 'count'
        ? (difference.first ?? 0)
        : Math.max(difference.first ?? 0, ...healthy.map((part) => ofSubject(part, name, subject) ?? 0));
    if (!isSymptom({ ...difference, first: before })) continue;
    if (isLive && name === 'latency-p95') {
      if ((ofSubject(task.incident, 'requests', subject) ?? 0) < fewRequests) continue;
      if (after - before < neighbourSeconds) continue;
    }
    const isService = name === 'requests' || name === 'error-ratio' || name === 'latency-p95';
    const [entity = '', ...detail] = subject.split(' ');
    note(
      isService ? entityOfService(subject) : entity,
      `${[name, ...detail].join(' ')}: ${short(after)} instead of ${short(before)}`,
    );
  }
  for (const { name, labels } of alerts) note(entityOfAlert(labels), `alert ${name}`);
  return [...found]
    .sort(([a], [b]) => byCodeUnit(a, b))
    .map(([entity, signals]) => ({ entity, signals: [...signals].sort(byCodeUnit) }));
}

/** The slowest of so few requests are not to be told from chance. */
const fewRequests = 20;
/** So much slower is everybody on a machine where others start again and again. */
const neighbourSeconds = 0.25;

function ofSubject(part: readonly Indicator[], name: string, subject: string): number | undefined {
  return part.find((one) => one.name === name && one.subject === subject)?.value;
}

/** Thresholds: what a person comparing two dashboards would call different. */
function isSymptom({ name, subject, first: before = 0, second: after = 0 }: IndicatorDifference): boolean {
  switch (name) {
    case 'error-ratio':
      return after - before >= 0.01;
    case 'latency-p95':
      return after - before >= 0.02 && after >= before * 1.5;
    case 'requests':
      return before >= 20 && after < before / 2;
    case 'restarts':
    case 'replicas-missing':
      return after > before;
    case 'container-state':
      return (
        after > before &&
        / (?:waiting (?:CrashLoopBackOff|ImagePullBackOff|ErrImagePull|CreateContainerConfigError)|terminated (?:OOMKilled|Error))$/.test(
          subject,
        )
      );
    case 'log-errors':
      return after >= 10 && after >= before * 3;
    case 'events':
    case 'span-errors':
      return false; // counted where they lead: in error ratios, restarts and missing replicas
  }
}

function short(value: number): string {
  return Number.isInteger(value) ? String(value) : value.toPrecision(3);
}
