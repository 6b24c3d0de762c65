import { byCodeUnit } from './order.ts';

export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

/** JSON with keys sorted by code unit; the same value gives the same bytes. `undefined` members are dropped. */
export function canonicalJson(value: unknown, indent?: number): string {
  return JSON.stringify(sorted(value), undefined, indent);
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (value !== null && typeof value === 'object') {
    const out: Record<string, unknown> = {};
    for (const name of Object.keys(value).sort(byCodeUnit)) {
      const member = (value as Record<string, unknown>)[name];
      // defineProperty-free assignment would drop "__proto__", which hostile input may contain
      if (member !== undefined)
        Object.defineProperty(out, name, {
          value: sorted(member),
          enumerable: true,
          configurable: true,
          writable: true,
        });
    }
    return out;
  }
  return value;
}

/** Deep equality of JSON values; members that are `undefined` count as absent. */
export function jsonEqual(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false;
  if (Array.isArray(a) !== Array.isArray(b)) return false;
  if (Array.isArray(a) && Array.isArray(b))
    return a.length === b.length && a.every((item, i) => jsonEqual(item, b[i]));
  const left = a as Record<string, unknown>;
  const right = b as Record<string, unknown>;
  for (const name of Object.keys(left)) if (!jsonEqual(left[name], right[name])) return false;
  // what is only on the right must be absent in effect
  for (const name of Object.keys(right))
    if (right[name] !== undefined && !Object.hasOwn(left, name)) return false;
  return true;
}
