import { jsonPointer, pointerSegments } from '../../spec/source-document.ts';

/** A part of a scenario and where it stands in the template. */
export interface Part {
  readonly value: Readonly<Record<string, unknown>>;
  /** JSON pointer in the template's file. */
  readonly pointer: string;
  /** Values of the names that it uses as `$name`. */
  readonly bindings: Readonly<Record<string, unknown>>;
}

/** A scenario made of parts, every field of which knows where it comes from. */
export interface Composed {
  readonly value: Readonly<Record<string, unknown>>;
  /** Pointer in the template for a pointer in the scenario; that of the nearest ancestor that is there. */
  readonly originOf: (pointer: string) => string;
}

type Fields = Record<string, unknown>;

/** Merges parts in order: objects field by field, lists one after the other, the rest replaced, `null` removed. */
export function compose(parts: readonly Part[]): Composed {
  const value: Fields = {};
  const origins = new Map<string, string>();
  for (const part of parts) {
    if (!origins.has('')) origins.set('', part.pointer);
    mergeFields(value, part.value, '', part.pointer, { origins, bindings: part.bindings });
  }
  return { value, originOf: (pointer) => originOf(origins, pointer) };
}

interface Context {
  readonly origins: Map<string, string>;
  readonly bindings: Readonly<Record<string, unknown>>;
}

function mergeFields(into: Fields, from: Fields, at: string, origin: string, context: Context): void {
  for (const [name, given] of Object.entries(from)) {
    const target = at + jsonPointer(name);
    const source = origin + jsonPointer(name);
    const there = Object.hasOwn(into, name) ? into[name] : undefined;
    if (given === null) {
      delete into[name];
      forget(context.origins, target);
    } else if (Array.isArray(given) && Array.isArray(there)) {
      for (const [index, item] of given.entries()) {
        context.origins.set(target + jsonPointer(there.length), source + jsonPointer(index));
        there.push(bound(item, context.bindings));
      }
    } else if (isFields(given) && isFields(there)) mergeFields(there, given, target, source, context);
    else {
      forget(context.origins, target);
      context.origins.set(target, source);
      set(into, name, bound(given, context.bindings));
    }
  }
}

/** What is replaced takes along where its members came from. */
function forget(origins: Map<string, string>, pointer: string): void {
  for (const known of [...origins.keys()])
    if (known === pointer || known.startsWith(`${pointer}/`)) origins.delete(known);
}

/** A deep copy with `$name` replaced by its value. */
function bound(value: unknown, bindings: Readonly<Record<string, unknown>>): unknown {
  if (typeof value === 'string') {
    const name = variableIn(value);
    return name !== undefined && Object.hasOwn(bindings, name) ? bindings[name] : value;
  }
  if (Array.isArray(value)) return value.map((item) => bound(item, bindings));
  if (!isFields(value)) return value;
  const copy: Fields = {};
  for (const [name, member] of Object.entries(value)) set(copy, name, bound(member, bindings));
  return copy;
}

/** The name in `$name`; `$NOW` and the like are none. */
export function variableIn(text: string): string | undefined {
  return /^\$([a-z][A-Za-z0-9]*)$/.exec(text)?.[1];
}

function originOf(origins: ReadonlyMap<string, string>, pointer: string): string {
  const segments = pointerSegments(pointer);
  for (let length = segments.length; length >= 0; length--) {
    const origin = origins.get(jsonPointer(...segments.slice(0, length)));
    if (origin !== undefined) return origin + jsonPointer(...segments.slice(length));
  }
  return '';
}

/** `__proto__` in a file is a field like any other. */
function set(into: Fields, name: string, value: unknown): void {
  Object.defineProperty(into, name, { value, enumerable: true, configurable: true, writable: true });
}

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
