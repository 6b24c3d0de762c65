/** A field of an object that holds a value: names from the root, `[]` for the elements of a list. */
export interface FieldLeaf {
  readonly path: readonly string[];
  /** Text, number, boolean or null; an empty list or object stands for itself. */
  readonly value: unknown;
}

/** All fields below a value. */
export function leaves(value: unknown, path: readonly string[] = []): readonly FieldLeaf[] {
  const found: FieldLeaf[] = [];
  collect(value, path, found);
  return found;
}

/** Into one list: a generator in generators costs its depth for every leaf, and lints look at millions. */
function collect(value: unknown, path: readonly string[], into: FieldLeaf[]): void {
  if (Array.isArray(value) && value.length > 0) {
    const below = [...path, '[]'];
    for (const element of value) collect(element, below, into);
    return;
  }
  const entries = typeof value === 'object' && value !== null ? Object.entries(value) : [];
  if (entries.length === 0) into.push({ path, value });
  for (const [name, part] of entries) collect(part, [...path, name], into);
}

/** A path as text: `/spec/containers/[]/image`. */
export function pathText(path: readonly string[]): string {
  return path.map((name) => `/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');
}
