import { parse } from 'yaml';
import { parseDuration } from '../base/duration.ts';

/** What a scenario's windows depend on. */
export interface AlertRule {
  readonly name: string;
  readonly expression: string;
  /** How long the expression has to hold before the alert fires. */
  readonly forMs: number;
}

/** The alerting rules of a Prometheus rule file, in its order; recording rules are left out. */
export function parseAlertRules(text: string): AlertRule[] {
  const file = parse(text) as {
    groups?: { rules?: { alert?: unknown; expr?: unknown; for?: unknown }[] }[];
  } | null;
  const rules: AlertRule[] = [];
  for (const group of file?.groups ?? [])
    for (const rule of group.rules ?? [])
      if (typeof rule.alert === 'string')
        rules.push({
          name: rule.alert,
          expression: String(rule.expr ?? ''),
          forMs: typeof rule.for === 'string' ? (parseDuration(rule.for) ?? 0) : 0,
        });
  return rules;
}
