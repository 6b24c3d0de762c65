/**
 * Deep copy of JSON that is frozen all the way down. Parts that are frozen already are shared, not copied, so that
 * copying an object of the store with one changed field costs little.
 */
export function frozen<T>(value: T): T {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return value;
  if (Array.isArray(value)) return Object.freeze(value.map(frozen)) as unknown as T;
  const out: Record<string, unknown> = {};
  for (const [name, member] of Object.entries(value)) {
    if (member !== undefined) out[name] = frozen(member);
  }
  return Object.freeze(out) as T;
}

/** Deep copy of JSON that may be changed; `undefined` members are dropped. */
export function thawed<T>(value: T): T {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map(thawed) as unknown as T;
  const out: Record<string, unknown> = {};
  for (const [name, member] of Object.entries(value)) {
    if (member !== undefined) out[name] = thawed(member);
  }
  return out as T;
}
