/** A field of an object that holds a value: names from the root, `[]` for the elements of a list. */
export interface FieldLeaf {
  readonly path: readonly string[];
  /** Text, number, boolean or null; an empty list or object stands for itself. */
  readonly value: unknown;
}

/** All fields below a value. */
export function* leaves(value: unknown, path: readonly string[] = []): Generator<FieldLeaf> {
  if (Array.isArray(value) && value.length > 0) {
    for (const element of value) yield* leaves(element, [...path, '[]']);
    return;
  }
  const entries = typeof value === 'object' && value !== null ? Object.entries(value) : [];
  if (entries.length === 0) yield { path, value };
  for (const [name, part] of entries) yield* leaves(part, [...path, name]);
}

/** A path as text: `/spec/containers/[]/image`. */
export function pathText(path: readonly string[]): string {
  return path.map((name) => `/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');
}
