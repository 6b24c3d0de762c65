import { parseDuration } from '../../../../base/duration.ts';

/** Value of a PromQL number: Go's integers (`0x1F`, `017`), floats, `Inf`, `NaN`, and durations in seconds (3.x). */
export function parseNumber(text: string): number | undefined {
  const plain = text.replaceAll('_', '').toLowerCase();
  if (/^0x[0-9a-f]+$/.test(plain)) return Number(plain);
  if (/^0[0-7]+$/.test(plain)) return Number.parseInt(plain, 8);
  if (plain === 'inf') return Number.POSITIVE_INFINITY;
  if (plain === 'nan') return Number.NaN;
  if (/^(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?$/.test(plain)) return Number(plain);
  const duration = parseDurationMs(plain);
  return duration === undefined ? undefined : duration / 1000;
}

/** Milliseconds of `5m`, `1h30m` (whole amounts only), or of a plain number of seconds. */
export function parseDurationMs(text: string): number | undefined {
  if (/^(?:\d+(?:ms|[smhdwy]))+$/.test(text)) return parseDuration(text);
  if (/^0x|^[a-z]/i.test(text)) return undefined;
  const seconds = Number(text.replaceAll('_', ''));
  return Number.isFinite(seconds) ? Math.round(seconds * 1000) : undefined;
}

/** Value of a quoted PromQL string (Go's escapes; back quotes are raw); undefined if it is not a valid one. */
export function unquote(text: string): string | undefined {
  const quote = text[0];
  if (text.length < 2 || quote !== text[text.length - 1]) return undefined;
  const body = text.slice(1, -1);
  if (quote === '`') return body;
  let out = '';
  for (let i = 0; i < body.length; i++) {
    const char = body[i]!;
    if (char === quote || char === '\n') return undefined;
    if (char !== '\\') {
      out += char;
      continue;
    }
    const escaped = body[++i];
    if (escaped === undefined) return undefined;
    const simple = simpleEscapes[escaped];
    if (simple !== undefined) {
      out += simple;
    } else if (escaped === quote) {
      out += quote;
    } else if (escaped in codeLengths) {
      const digits = body.slice(i + 1, i + 1 + codeLengths[escaped]!);
      if (digits.length !== codeLengths[escaped] || !/^[0-9a-fA-F]+$/.test(digits)) return undefined;
      const code = Number.parseInt(digits, 16);
      if (code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff)) return undefined;
      out += String.fromCodePoint(code);
      i += digits.length;
    } else if (/[0-7]/.test(escaped)) {
      const digits = body.slice(i, i + 3);
      if (!/^[0-7]{3}$/.test(digits)) return undefined;
      out += String.fromCodePoint(Number.parseInt(digits, 8));
      i += 2;
    } else {
      return undefined;
    }
  }
  return out;
}

const simpleEscapes: Readonly<Record<string, string>> = {
  a: '\x07',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v',
  '\\': '\\',
};
const codeLengths: Readonly<Record<string, number>> = { x: 2, u: 4, U: 8 };
