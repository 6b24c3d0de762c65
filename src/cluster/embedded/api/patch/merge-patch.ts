import { type Fields, isFields } from '../fields.ts';

/** JSON merge patch (RFC 7386); the original is not changed. */
export function mergePatch(original: unknown, patch: unknown): unknown {
  if (!isFields(patch)) return patch;
  const out: Fields = isFields(original) ? { ...original } : {};
  for (const [name, value] of Object.entries(patch)) {
    if (value === null) delete out[name];
    else out[name] = mergePatch(out[name], value);
  }
  return out;
}
