/** A JSON object whose fields are looked at one by one. */
export type Fields = Record<string, unknown>;

export function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The object member `name`, or `undefined` if it is absent or something else. */
export function child(of: Fields | undefined, name: string): Fields | undefined {
  const value = of?.[name];
  return isFields(value) ? value : undefined;
}

/** The object member `name`, made if absent. */
export function childOf(of: Fields, name: string): Fields {
  const value = of[name];
  if (isFields(value)) return value;
  const made: Fields = {};
  of[name] = made;
  return made;
}

/** The objects in the list member `name`; empty if absent. */
export function items(of: Fields | undefined, name: string): Fields[] {
  const value = of?.[name];
  return Array.isArray(value) ? value.filter(isFields) : [];
}

/** Sets every field that is absent. */
export function fill(target: Fields, defaults: Fields): void {
  for (const [name, value] of Object.entries(defaults)) if (target[name] === undefined) target[name] = value;
}

/** Text member, or `''`. */
export function text(of: Fields | undefined, name: string): string {
  const value = of?.[name];
  return typeof value === 'string' ? value : '';
}
