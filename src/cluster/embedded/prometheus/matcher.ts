import { RE2JS } from 're2js';
import type { Metric } from './metric.ts';

export type MatchOperator = '=' | '!=' | '=~' | '!~';

/** `label op "value"` of a selector. */
export interface LabelMatcher {
  readonly label: string;
  readonly operator: MatchOperator;
  readonly value: string;
}

const literal = /^[\w\-:/ ,@]*$/;
const compiled = new Map<string, RE2JS>();

/** An RE2 expression as Prometheus compiles it: anchored; with `dotAll` a dot matches a newline too (3.x). Cached. */
export function compileAnchored(pattern: string, dotAll: boolean): RE2JS {
  const key = `${dotAll ? 's' : '-'}${pattern}`;
  let regex = compiled.get(key);
  if (regex === undefined) {
    // compiled alone first, so that `a)(b` is not made valid by the wrapping group
    RE2JS.compile(pattern);
    regex = RE2JS.compile(`^(?:${pattern})$`, dotAll ? RE2JS.DOTALL : 0);
    if (compiled.size > 2000) compiled.clear();
    compiled.set(key, regex);
  }
  return regex;
}

/** Whether a value of the label matches; answers are remembered per value. */
export function matcherTest(matcher: LabelMatcher, dotAll: boolean): (value: string) => boolean {
  const wanted = matcher.value;
  switch (matcher.operator) {
    case '=':
      return (value) => value === wanted;
    case '!=':
      return (value) => value !== wanted;
    case '=~':
    case '!~': {
      const expected = matcher.operator === '=~';
      const alternatives = wanted.split('|');
      if (alternatives.every((text) => literal.test(text))) {
        const set = new Set(alternatives);
        return (value) => set.has(value) === expected;
      }
      const regex = compileAnchored(wanted, dotAll);
      const answers = new Map<string, boolean>();
      return (value) => {
        let answer = answers.get(value);
        if (answer === undefined) {
          answer = regex.matches(value) === expected;
          answers.set(value, answer);
        }
        return answer;
      };
    }
  }
}

/** Whether a label set fulfils all matchers; a missing label counts as empty. */
export function metricTest(matchers: readonly LabelMatcher[], dotAll: boolean): (metric: Metric) => boolean {
  const tests = matchers.map((matcher) => ({ label: matcher.label, test: matcherTest(matcher, dotAll) }));
  return (metric) => {
    for (const { label, test } of tests) if (!test(metric.get(label))) return false;
    return true;
  };
}
