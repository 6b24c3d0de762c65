/**
 * Kubernetes quantities (`250m`, `1.5Gi`, `2k`). The amount is kept in thousandths, which a double holds exactly up to
 * 8 Pi; smaller fractions are rounded up, as the API server does.
 */
export interface Quantity {
  readonly milli: number;
  readonly format: 'binary' | 'decimal';
}

/** What one unit of each suffix is in thousandths. */
const binary: Record<string, number> = {
  Ki: 1000 * 2 ** 10,
  Mi: 1000 * 2 ** 20,
  Gi: 1000 * 2 ** 30,
  Ti: 1000 * 2 ** 40,
  Pi: 1000 * 2 ** 50,
  Ei: 1000 * 2 ** 60,
};
const decimal: Record<string, number> = {
  n: 1e-6,
  u: 1e-3,
  m: 1,
  '': 1e3,
  k: 1e6,
  M: 1e9,
  G: 1e12,
  T: 1e15,
  P: 1e18,
  E: 1e21,
};
const pattern = /^([+-]?)(\d+(?:\.\d*)?|\.\d+)(Ki|Mi|Gi|Ti|Pi|Ei|[numkMGTPE]|[eE][+-]?\d+)?$/;

/** `undefined` when the text is not a quantity. Numbers are taken as JSON allows them: `cpu: 2`. */
export function parseQuantity(value: unknown): Quantity | undefined {
  const text = typeof value === 'number' ? String(value) : value;
  if (typeof text !== 'string') return undefined;
  const match = pattern.exec(text);
  if (match === null) return undefined;
  const [, sign, digits, suffix = ''] = match;
  const unit = binary[suffix];
  const factor = unit ?? (/^[eE][+-]?\d/.test(suffix) ? 1000 * Number(`1${suffix}`) : decimal[suffix]);
  if (factor === undefined) return undefined;
  const milli = Number(digits) * factor;
  const rounded = Math.abs(milli - Math.round(milli)) < 1e-6 ? Math.round(milli) : Math.ceil(milli);
  return { milli: sign === '-' ? -rounded : rounded, format: unit === undefined ? 'decimal' : 'binary' };
}

/** Canonical text: the largest suffix that needs no fraction. */
export function formatQuantity({ milli, format }: Quantity): string {
  if (milli === 0) return '0';
  const sign = milli < 0 ? '-' : '';
  let rest = Math.abs(milli);
  if (rest % 1000 !== 0) return `${sign}${rest}m`;
  rest /= 1000;
  const binaryFits = format === 'binary' && rest >= 1024;
  const step = binaryFits ? 1024 : 1000;
  const suffixes = binaryFits ? ['', 'Ki', 'Mi', 'Gi', 'Ti', 'Pi', 'Ei'] : ['', 'k', 'M', 'G', 'T', 'P', 'E'];
  let i = 0;
  while (rest % step === 0 && i < suffixes.length - 1) {
    rest /= step;
    i++;
  }
  return `${sign}${rest}${suffixes[i]}`;
}

/** Sum; the format is that of the first non-zero part, as in Go's `Quantity.Add`. */
export function addQuantity(a: Quantity, b: Quantity): Quantity {
  return { milli: a.milli + b.milli, format: a.milli === 0 ? b.format : a.format };
}

export function subtractQuantity(a: Quantity, b: Quantity): Quantity {
  return { milli: a.milli - b.milli, format: a.milli === 0 ? b.format : a.format };
}

export const zeroQuantity: Quantity = { milli: 0, format: 'decimal' };

/** Amount in whole units (bytes, cores); 0 for absent or malformed text. */
export function quantityValue(value: unknown): number {
  return (parseQuantity(value)?.milli ?? 0) / 1000;
}

/** Amount in thousandths (millicores); 0 for absent or malformed text. */
export function quantityMilli(value: unknown): number {
  return parseQuantity(value)?.milli ?? 0;
}
