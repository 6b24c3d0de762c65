const factors: Readonly<Record<string, number>> = {
  n: 1e-9,
  u: 1e-6,
  m: 1e-3,
  '': 1,
  k: 1e3,
  M: 1e6,
  G: 1e9,
  T: 1e12,
  P: 1e15,
  E: 1e18,
  Ki: 2 ** 10,
  Mi: 2 ** 20,
  Gi: 2 ** 30,
  Ti: 2 ** 40,
  Pi: 2 ** 50,
  Ei: 2 ** 60,
};

/** A Kubernetes quantity (`250m`, `1.5Gi`, `2`) in whole units: cores, bytes, pieces. `undefined` if it is none. */
export function parseQuantity(text: unknown): number | undefined {
  if (typeof text === 'number') return text;
  const match =
    typeof text === 'string' ? /^([+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)([a-zA-Z]*)$/.exec(text) : null;
  const factor = match === null ? undefined : factors[match[2] ?? ''];
  if (match === null || factor === undefined) return undefined;
  // a division keeps 250m at exactly 0.25, a multiplication does not
  return factor < 1 ? Number(match[1]) / Math.round(1 / factor) : Number(match[1]) * factor;
}
