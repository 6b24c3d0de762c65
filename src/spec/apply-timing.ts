import { isMap, isScalar, parseDocument, type Scalar, visit } from 'yaml';
import { formatDuration, parseDuration } from '../base/duration.ts';
import type { Application } from './application.ts';
import type { ClusterProfile } from './profile.ts';

/** The application with its alert rules' times as the profile's `timing` wants them; the same object where it wants nothing. */
export function applyTiming(application: Application, profile: ClusterProfile): Application {
  const share = ruleShare(profile);
  return share === 1 ? application : { ...application, rules: shortenRules(application.rules, share) };
}

/** Share of every time in the alert rules, 1 where the profile says nothing. */
export function ruleShare(profile: ClusterProfile): number {
  return profile.timing?.ruleShare ?? 1;
}

/** What a profile says about the times of a plan. */
export interface PlanTiming {
  /** At most this long may anything that is expected of a fault take to show (ms); unlimited where nothing is said. */
  readonly patienceMs: number;
  /** Share of the pause that people make between a change and what follows it; 1 where nothing is said. */
  readonly pauseShare: number;
}

export function planTiming({ timing }: Pick<ClusterProfile, 'timing'>): PlanTiming {
  return {
    patienceMs: parseDuration(timing?.patience ?? '') ?? Number.POSITIVE_INFINITY,
    pauseShare: timing?.pauseShare ?? 1,
  };
}

/** A Prometheus rule file with `for`, ranges and offsets multiplied by `share`, in whole seconds; comments stay. */
export function shortenRules(rules: string, share: number): string {
  const document = parseDocument(rules);
  visit(document, {
    Pair(_, { key, value }) {
      if (!isScalar(key) || !isScalar(value)) return;
      if (key.value === 'for') setText(value, shortened(String(value.value), share));
      if (key.value === 'expr') setText(value, shortenExpression(String(value.value), share));
    },
  });
  return isMap(document.contents) ? document.toString({ lineWidth: 0 }) : rules;
}

/** PromQL with the times in its ranges, subqueries and offsets multiplied by `share`. */
export function shortenExpression(expression: string, share: number): string {
  const time = String.raw`(?:\d+(?:ms|[smhdwy]))+`;
  // texts in quotes are labels: nothing in them is a time
  const parts = new RegExp(
    String.raw`"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|\[\s*(${time})\s*(?::\s*(${time})?\s*)?\]|\boffset\s+(-?)(${time})`,
    'g',
  );
  return expression.replace(
    parts,
    (all: string, range?: string, step?: string, sign?: string, offset?: string) => {
      if (range !== undefined)
        return all.includes(':')
          ? `[${shortened(range, share)}:${step === undefined ? '' : shortened(step, share)}]`
          : `[${shortened(range, share)}]`;
      return offset === undefined ? all : `offset ${sign ?? ''}${shortened(offset, share)}`;
    },
  );
}

function shortened(text: string, share: number): string {
  const ms = parseDuration(text);
  return ms === undefined || ms === 0
    ? text
    : formatDuration(Math.max(1, Math.round((ms * share) / 1000)) * 1000);
}

function setText(scalar: Scalar, text: string): void {
  scalar.value = text;
}
