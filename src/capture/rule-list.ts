/** An alerting rule as the Prometheus API tells it. */
export interface AlertingRule {
  readonly name: string;
  readonly query: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  /** Of its group, in ms. */
  readonly intervalMs: number;
}

/** Reads the answer of `/api/v1/rules`, with or without its `{status, data}` envelope. What is no rule is skipped. */
export function alertingRules(answer: unknown, defaultIntervalMs = 15_000): readonly AlertingRule[] {
  const envelope = record(answer);
  const groups = list(envelope.groups ?? record(envelope.data).groups);
  return groups.flatMap((group) => {
    const seconds = group.interval;
    const intervalMs = typeof seconds === 'number' && seconds > 0 ? seconds * 1000 : defaultIntervalMs;
    return list(group.rules).flatMap((rule) => {
      const { name, query } = rule;
      if (typeof name !== 'string' || typeof query !== 'string' || rule.type === 'recording') return [];
      return [{ name, query, labels: texts(rule.labels), annotations: texts(rule.annotations), intervalMs }];
    });
  });
}

function texts(value: unknown): Record<string, string> {
  return Object.fromEntries(Object.entries(record(value)).map(([name, text]) => [name, String(text)]));
}

function record(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Record<string, unknown>)
    : {};
}

function list(value: unknown): Record<string, unknown>[] {
  return Array.isArray(value) ? value.map(record) : [];
}
