/** A number as Go's `FormatFloat(v, 'f', -1, 64)`: shortest digits, never an exponent. */
export function formatPlain(value: number): string {
  if (Number.isNaN(value)) return 'NaN';
  if (!Number.isFinite(value)) return value > 0 ? '+Inf' : '-Inf';
  if (Object.is(value, -0)) return '-0';
  const text = String(value);
  const match = /^(-?)(\d)(?:\.(\d+))?e([+-]\d+)$/.exec(text);
  if (match === null) return text;
  const [, sign = '', head = '', tail = '', exponentText = '0'] = match;
  const digits = head + tail;
  const exponent = Number(exponentText);
  if (exponent < 0) return `${sign}0.${'0'.repeat(-exponent - 1)}${digits}`;
  return `${sign}${digits}${'0'.repeat(Math.max(0, exponent - tail.length))}`;
}

/** A sample value as the HTTP API writes it: an exponent below 1e-6 and from 1e21 on. */
export function formatSample(value: number): string {
  if (!Number.isFinite(value)) return formatPlain(value);
  if (Object.is(value, -0)) return '-0';
  return goExponent(String(value));
}

/** Go writes at least two digits in an exponent. */
function goExponent(text: string): string {
  return text.replace(/e([+-])(\d)$/, 'e$10$2');
}
