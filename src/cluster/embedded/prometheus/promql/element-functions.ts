/** Functions of one number, applied to every element of a vector. */
export const elementFunctions: Readonly<Record<string, ((value: number) => number) | undefined>> = {
  abs: Math.abs,
  acos: Math.acos,
  acosh: Math.acosh,
  asin: Math.asin,
  asinh: Math.asinh,
  atan: Math.atan,
  atanh: Math.atanh,
  ceil: Math.ceil,
  cos: Math.cos,
  cosh: Math.cosh,
  deg: (v) => (v * 180) / Math.PI,
  exp: Math.exp,
  floor: Math.floor,
  ln: Math.log,
  log10: Math.log10,
  log2: Math.log2,
  rad: (v) => (v * Math.PI) / 180,
  sgn: (v) => (v < 0 ? -1 : v > 0 ? 1 : v),
  sin: Math.sin,
  sinh: Math.sinh,
  sqrt: Math.sqrt,
  tan: Math.tan,
  tanh: Math.tanh,
};

/** Functions of a time in seconds, in UTC. */
export const dateFunctions: Readonly<Record<string, ((seconds: number) => number) | undefined>> = {
  minute: (s) => date(s).getUTCMinutes(),
  hour: (s) => date(s).getUTCHours(),
  day_of_week: (s) => date(s).getUTCDay(),
  day_of_month: (s) => date(s).getUTCDate(),
  day_of_year: (s) => {
    const d = date(s);
    return Math.floor((d.getTime() - Date.UTC(d.getUTCFullYear(), 0, 1)) / 86_400_000) + 1;
  },
  days_in_month: (s) => {
    const d = date(s);
    return new Date(Date.UTC(d.getUTCFullYear(), d.getUTCMonth() + 1, 0)).getUTCDate();
  },
  month: (s) => date(s).getUTCMonth() + 1,
  year: (s) => date(s).getUTCFullYear(),
};

function date(seconds: number): Date {
  return new Date(Math.floor(seconds) * 1000);
}

/** `round(v, to)`: to the nearest multiple, halves up. */
export function roundTo(value: number, nearest: number): number {
  const inverse = 1 / nearest;
  return Math.floor(value * inverse + 0.5) / inverse;
}

/** Power as Go computes it: 1^y and (-1)^±Inf are 1. */
export function power(base: number, exponent: number): number {
  if (base === 1 || (base === -1 && !Number.isFinite(exponent) && !Number.isNaN(exponent))) return 1;
  return base ** exponent;
}
