const suffixes: Readonly<Record<string, number>> = {
  n: 1e-9,
  u: 1e-6,
  m: 1e-3,
  '': 1,
  k: 1e3,
  M: 1e6,
  G: 1e9,
  T: 1e12,
  P: 1e15,
  Ki: 1024,
  Mi: 1024 ** 2,
  Gi: 1024 ** 3,
  Ti: 1024 ** 4,
  Pi: 1024 ** 5,
};

/** Value of a Kubernetes quantity (`500m`, `1.5Gi`, `20`, a number): cores, bytes or a count; `undefined` if it is not one. */
export function parseQuantity(quantity: unknown): number | undefined {
  if (typeof quantity === 'number') return quantity;
  if (typeof quantity !== 'string') return undefined;
  const match = /^([+-]?\d+(?:\.\d+)?)(?:[eE](\d+))?([A-Za-z]*)$/.exec(quantity.trim());
  if (!match) return undefined;
  const factor = suffixes[match[3] ?? ''];
  if (factor === undefined) return undefined;
  return Number(match[1]) * (match[2] === undefined ? 1 : 10 ** Number(match[2])) * factor;
}

/** Cores as an operator writes them: `2`, `1500m`. */
function formatCpu(cores: number): string {
  const millis = Math.round(cores * 1000);
  return millis % 1000 === 0 ? String(millis / 1000) : `${millis}m`;
}

/** Bytes as an operator writes them: whole Gi where it is one, else Mi (rounded down). */
export function formatMemory(bytes: number): string {
  const mebi = Math.floor(bytes / 1024 ** 2);
  return mebi > 0 && mebi % 1024 === 0 ? `${mebi / 1024}Gi` : `${mebi}Mi`;
}

/** A quantity of a quota resource as an operator writes it. */
export function formatResource(resource: string, value: number): string {
  if (resource.endsWith('memory') || resource.endsWith('storage')) return formatMemory(value);
  if (resource.endsWith('cpu')) return formatCpu(value);
  return String(Math.floor(value));
}
