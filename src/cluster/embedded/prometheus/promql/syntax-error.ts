import { type PromqlError, parseError } from './error.ts';

/** What is wrong where the grammar has an error node, in the words of Prometheus as far as the place tells. */
export function syntaxError(source: string, from: number, to: number): PromqlError {
  for (const call of source.matchAll(/([A-Za-z_][A-Za-z0-9_:]*)\s*\(/g)) {
    const end = call.index + call[0].length;
    if (
      from >= call.index &&
      from <= end &&
      !/^(?:by|without|on|ignoring|group_left|group_right|bool|offset|and|or|unless)$/i.test(call[1]!)
    )
      return parseError(source, call.index, `unknown function with name ${JSON.stringify(call[1])}`);
  }
  const rest = source.slice(from, Math.max(to, from + 1)).trim();
  if (source.trim() === '') return parseError(source, 0, 'no expression found in input');
  if (from >= source.trimEnd().length || rest === '') {
    const message =
      count(source, '{') > count(source, '}')
        ? 'unexpected end of input inside braces'
        : count(source, '[') > count(source, ']')
          ? 'unclosed left bracket'
          : count(source, '(') > count(source, ')')
            ? 'unclosed left parenthesis'
            : 'unexpected end of input';
    return parseError(source, Math.min(from, source.length), message);
  }
  return parseError(
    source,
    from,
    `unexpected ${JSON.stringify(source.slice(from).trimStart().split(/\s/)[0] ?? rest)}`,
  );
}

function count(text: string, char: string): number {
  return text.split(char).length - 1;
}
