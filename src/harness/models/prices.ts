import { requireValid } from '../../spec/diagnostics-error.ts';
import { loadFile } from '../../spec/load-file.ts';
import { type ModelPrice, PriceFile } from '../../spec/prices.ts';
import type { Usage } from './model.ts';

/** Loads a price file; every mistake in it at once. */
export async function loadPrices(path: string): Promise<readonly ModelPrice[]> {
  return requireValid(await loadFile<PriceFile>(path, { kind: 'Prices', schema: PriceFile })).value.models;
}

/** The price of a model: the exact name wins, then the longest pattern that fits. */
export function priceOf(model: string, prices: readonly ModelPrice[]): ModelPrice | undefined {
  const fits = (pattern: string) =>
    pattern.endsWith('*') ? model.startsWith(pattern.slice(0, -1)) : pattern === model;
  const rank = (pattern: string) => (pattern.endsWith('*') ? pattern.length : Number.POSITIVE_INFINITY);
  return prices.filter((price) => fits(price.model)).sort((a, b) => rank(b.model) - rank(a.model))[0];
}

/** US dollars. */
export function costOf(usage: Usage, price: ModelPrice): number {
  const plain = Math.max(0, usage.input - usage.cached - usage.cacheWritten);
  return (
    (plain * price.input +
      usage.cached * (price.cachedInput ?? price.input) +
      usage.cacheWritten * (price.cacheWrite ?? price.input) +
      usage.output * price.output) /
    1e6
  );
}
