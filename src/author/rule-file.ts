import { formatDuration } from '../base/duration.ts';

interface ApiRule {
  readonly type?: string;
  readonly name?: string;
  readonly query?: string;
  /** Seconds. */
  readonly duration?: number;
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
}

/** A Prometheus rule file with the rules that the answer of the rules API tells of. */
export function ruleFile(answer: unknown): { readonly groups: readonly object[] } {
  const { groups = [] } = (answer ?? {}) as {
    groups?: readonly { name?: string; rules?: readonly ApiRule[] }[];
  };
  return {
    groups: groups.map(({ name = '', rules = [] }) => ({
      name,
      rules: rules.map((rule) => ({
        [rule.type === 'recording' ? 'record' : 'alert']: rule.name,
        expr: rule.query,
        ...(rule.duration === undefined || rule.duration === 0
          ? {}
          : { for: formatDuration(rule.duration * 1000) }),
        ...named('labels', rule.labels),
        ...named('annotations', rule.annotations),
      })),
    })),
  };
}

function named(field: string, texts: Readonly<Record<string, string>> | undefined): object {
  return texts === undefined || Object.keys(texts).length === 0 ? {} : { [field]: texts };
}
