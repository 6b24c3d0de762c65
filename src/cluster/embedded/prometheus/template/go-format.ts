import { formatPlain } from '../format.ts';

/** `%.<precision>f` as Go: ties go to the even digit. */
export function formatFixed(value: number, precision: number): string {
  if (!Number.isFinite(value)) return formatPlain(value);
  if (Math.abs(value) >= 1e21)
    return precision === 0 ? formatPlain(value) : `${formatPlain(value)}.${'0'.repeat(precision)}`;
  const rounded = value.toFixed(precision);
  // JavaScript rounds an exact tie away from zero
  const exact = value.toFixed(Math.min(100, precision + 30));
  const tail = exact.slice(exact.indexOf('.') + 1 + precision);
  if (!/^50*$/.test(tail)) return rounded;
  const head = exact.slice(0, exact.indexOf('.') + (precision === 0 ? 0 : 1 + precision));
  return Number(head.at(-1)) % 2 === 0 ? head : rounded;
}

/** `%.<precision>e` as Go; without a precision the shortest that is exact. */
export function formatExponent(value: number, precision: number | undefined): string {
  if (!Number.isFinite(value)) return formatPlain(value);
  return exponential(value, precision).replace(/e([+-])(\d)$/, 'e$10$2');
}

/** `toExponential`, but with ties to the even digit. */
function exponential(value: number, precision: number | undefined): string {
  if (precision === undefined) return value.toExponential();
  const exact = value.toExponential(Math.min(100, precision + 30));
  const head = precision === 0 ? exact.indexOf('.') : exact.indexOf('.') + 1 + precision;
  const exponentAt = exact.indexOf('e');
  const tail = exact.slice(exact.indexOf('.') + 1 + precision, exponentAt);
  const isTie = /^50*$/.test(tail) && Number(exact[head - 1]) % 2 === 0;
  return isTie ? exact.slice(0, head) + exact.slice(exponentAt) : value.toExponential(precision);
}

/** `%g`: with a precision in significant digits, or the shortest that is exact. */
export function formatGeneral(value: number, precision?: number): string {
  if (!Number.isFinite(value)) return formatPlain(value);
  if (value === 0) return Object.is(value, -0) ? '-0' : '0';
  const digits = precision === undefined ? undefined : Math.max(1, precision);
  const written = exponential(value, digits === undefined ? undefined : digits - 1);
  const exponent = Number(written.slice(written.indexOf('e') + 1));
  const mantissa = written
    .slice(0, written.indexOf('e'))
    .replace(/(\.\d*?)0+$/, '$1')
    .replace(/\.$/, '');
  const significant = mantissa.replace(/[-.]/g, '').length;
  let threshold = digits ?? 6;
  if (digits !== undefined && threshold > significant && significant >= exponent + 1) threshold = significant;
  if (exponent < -4 || exponent >= threshold)
    return `${mantissa}e${exponent < 0 ? '-' : '+'}${String(Math.abs(exponent)).padStart(2, '0')}`;
  return formatPlain(Number(written));
}

/** Go's `fmt.Sprintf` for the verbs that templates use; an unknown one is written as Go would complain. */
export function sprintf(format: string, args: readonly unknown[]): string {
  let next = 0;
  const text = format.replace(
    /%([-+# 0]*)(\d+)?(?:\.(\d+)?)?([a-zA-Z%])/g,
    (whole, flags: string, width: string | undefined, precisionText: string | undefined, verb: string) => {
      if (verb === '%') return '%';
      if (next >= args.length) return `%!${verb}(MISSING)`;
      const arg = args[next++];
      const precision = whole.includes('.') ? Number(precisionText ?? 0) : undefined;
      let body = formatVerb(verb, arg, precision);
      if (flags.includes('+') && typeof arg === 'number' && !body.startsWith('-') && !body.startsWith('+'))
        body = `+${body}`;
      if (width === undefined) return body;
      if (flags.includes('-')) return body.padEnd(Number(width));
      if (flags.includes('0') && typeof arg === 'number' && Number.isFinite(arg)) {
        const sign = /^[+-]/.test(body) ? body[0]! : '';
        return sign + body.slice(sign.length).padStart(Number(width) - sign.length, '0');
      }
      return body.padStart(Number(width));
    },
  );
  return next < args.length
    ? `${text}%!(EXTRA ${args
        .slice(next)
        .map((arg) => `${goType(arg)}=${display(arg)}`)
        .join(', ')})`
    : text;
}

function formatVerb(verb: string, arg: unknown, precision: number | undefined): string {
  if (typeof arg === 'number') {
    switch (verb) {
      case 'f':
      case 'F':
        return formatFixed(arg, precision ?? 6);
      case 'e':
        return formatExponent(arg, precision ?? 6);
      case 'g':
      case 'v':
        return formatGeneral(arg, precision);
      default:
        return `%!${verb}(float64=${formatGeneral(arg)})`;
    }
  }
  if (typeof arg === 'bigint')
    return verb === 'd' || verb === 'v'
      ? String(arg)
      : verb === 'x'
        ? arg.toString(16)
        : `%!${verb}(int=${arg})`;
  if (typeof arg === 'string') {
    if (verb === 's' || verb === 'v')
      return precision === undefined ? arg : [...arg].slice(0, precision).join('');
    return verb === 'q' ? JSON.stringify(arg) : `%!${verb}(string=${arg})`;
  }
  if (verb === 'v' || verb === 's' || (verb === 't' && typeof arg === 'boolean')) return display(arg);
  return `%!${verb}(${goType(arg)}=${display(arg)})`;
}

/** How a template prints a value. */
export function display(value: unknown): string {
  if (typeof value === 'number') return formatGeneral(value);
  if (value === undefined || value === null) return '<no value>';
  if (Array.isArray(value)) return `[${value.map(display).join(' ')}]`;
  if (typeof value === 'object')
    return `map[${Object.entries(value)
      .map(([name, item]) => `${name}:${display(item)}`)
      .join(' ')}]`;
  return String(value);
}

function goType(value: unknown): string {
  return typeof value === 'number'
    ? 'float64'
    : typeof value === 'bigint'
      ? 'int'
      : typeof value === 'boolean'
        ? 'bool'
        : typeof value;
}
