import { parse } from 'yaml';
import type { KubeObject } from '../spec/kube-types.ts';
import type { Condition } from '../spec/plan.ts';
import type { ClusterView, PlannedExpectation, PlannedOperation } from './fault.ts';
import { isRecord, listAt, textAt } from './json-access.ts';
import { subjectOf } from './operations.ts';
import { mainContainer, nameOf, replacementOf } from './workloads.ts';

/** Times by which things show: Events and container states soon, alerts after their rate window and `for`. */
export const within = { event: 180_000, log: 240_000, alert: 300_000, settle: 45_000 } as const;

/** The condition must be seen in time. */
export function must(condition: Condition, withinMs: number): PlannedExpectation {
  return { must: true, withinMs, condition };
}

/** The condition must not be seen in the incident: it would mean that another mechanism is at work. */
export function mustNot(condition: Condition): PlannedExpectation {
  return { must: false, withinMs: 0, condition };
}

/** An Event about an object, or about one whose name begins with the workload's. */
export function event(object: KubeObject, kind: string, reason: string, message?: string): Condition {
  return {
    type: 'event',
    namespace: object.metadata.namespace ?? 'default',
    reason,
    kind,
    name: object.metadata.name,
    ...(message === undefined ? {} : { message }),
  };
}

/** A log line of a workload, written at least `afterMs` after the fault began. */
export function log(workload: KubeObject, pattern: string, afterMs?: number): Condition {
  return {
    type: 'log',
    namespace: workload.metadata.namespace ?? '',
    workload: workload.metadata.name,
    pattern,
    ...(afterMs === undefined ? {} : { afterMs }),
  };
}

/**
 * When what restarts alone bring about is over: a workload whose pods all go at once does not answer for a while, and its
 * callers say so with or without the fault. `undefined` where no restart does that.
 */
export function settledMs(view: ClusterView, restarts: readonly PlannedOperation[]): number | undefined {
  const outages = restarts.filter(({ action }) => {
    if (action.verb === 'delete-pods') return true;
    const workload = view.objects.find((object) => nameOf(object) === subjectOf(action));
    return workload !== undefined && replacementOf(workload).takesAllDown;
  });
  return outages.length === 0 ? undefined : Math.max(...outages.map(({ atMs }) => atMs)) + within.settle;
}

/** A waiting or terminated reason of the workload's containers. */
export function container(workload: KubeObject, reason: string): Condition {
  return {
    type: 'container',
    namespace: workload.metadata.namespace ?? '',
    workload: workload.metadata.name,
    reason,
  };
}

/** The first of the alerts that the application's rules have must fire; nothing is promised where they have none. */
export function alert(
  view: ClusterView,
  names: readonly string[],
  labels: Readonly<Record<string, string>> = {},
  withinMs: number = within.alert,
): readonly PlannedExpectation[] {
  const name = names.find((candidate) => alertRules(view.application.rules).has(candidate));
  return name === undefined ? [] : [must({ type: 'alert', name, labels }, withinMs)];
}

/** The label by which an alert of kubernetes-mixin names the workload, and what of the workload it names. */
const subjects: Readonly<Record<string, 'container' | 'deployment' | 'statefulset'>> = {
  KubePodCrashLooping: 'container',
  KubeContainerOOMKilled: 'container',
  KubeContainerWaiting: 'container',
  KubeDeploymentReplicasMismatch: 'deployment',
  KubeStatefulSetReplicasMismatch: 'statefulset',
};

/**
 * The same about one workload, so that a neighbour that is loud for a reason of its own does not stand in for it.
 * Where the rule adds up over what would name the workload, its namespace has to do.
 */
export function alertAbout(
  view: ClusterView,
  names: readonly string[],
  workload: KubeObject,
  withinMs: number = within.alert,
): readonly PlannedExpectation[] {
  const rules = alertRules(view.application.rules);
  const name = names.find((candidate) => rules.has(candidate)) ?? '';
  const label = subjects[name];
  const grouped = [...(rules.get(name) ?? '').matchAll(/\bby\s*\(([^)]*)\)/g)].map(
    ([, labels = '']) => labels,
  );
  const isKept = label !== undefined && grouped.every((labels) => labels.split(/[\s,]+/).includes(label));
  const subject = label === 'container' ? mainContainer(view, workload)?.name : workload.metadata.name;
  return alert(
    view,
    names,
    {
      namespace: workload.metadata.namespace ?? '',
      ...(isKept && subject !== undefined ? { [label]: subject } : {}),
    },
    withinMs,
  );
}

const parsed = new Map<string, ReadonlyMap<string, string>>();

/** Alert names of a Prometheus rule file with their expressions. */
export function alertRules(rules: string): ReadonlyMap<string, string> {
  const known = parsed.get(rules);
  if (known !== undefined) return known;
  const names = new Map<string, string>();
  const document: unknown = rules.trim() === '' ? {} : parse(rules);
  for (const group of listAt(document, 'groups'))
    for (const rule of listAt(group, 'rules')) {
      const name = isRecord(rule) ? textAt(rule, 'alert') : undefined;
      if (name !== undefined) names.set(name, textAt(rule, 'expr') ?? '');
    }
  parsed.clear();
  parsed.set(rules, names);
  return names;
}

/** A line that tells of a call to one of these upstreams, and then how it failed. */
export function failedCall(upstreams: readonly string[], texts: string): string {
  const names = [...new Set(upstreams)].map((name) => name.replaceAll('.', '\\.')).join('|');
  return `(?<![\\w-])(?:${names})(?![\\w-]).*(?:${texts})`;
}

/** Error texts that tell the ways a connection fails apart, across runtimes. */
export const errorTexts = {
  timeout: '[Tt]im(ed|e) ?-?out|ETIMEDOUT|[Dd]eadline exceeded',
  refused: '[Rr]efused|ECONNREFUSED',
  lookup:
    '[Tt]im(ed|e) ?-?out|ETIMEDOUT|EAI_AGAIN|ENOTFOUND|[Ll]ookup|[Rr]esol(ve|ution)|UnknownHost|[Nn]o such host',
  pool: '[Pp]ool|[Cc]onnection is not available|QueuePool|[Aa]cquir',
} as const;
