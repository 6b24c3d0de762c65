import { jsonEqual } from '../base/json.ts';
import { byCodeUnit } from '../base/order.ts';
import { isRecord } from './json-access.ts';
import { isKeyed, keyOf } from './list-keys.ts';

/** A step into an object (member) or into a list whose elements have keys (`[key]`). */
export type FieldStep = string | { readonly key: string };
export type FieldPath = readonly FieldStep[];

/** One place where two states of an object differ; `undefined` means absent. */
export interface FieldDifference {
  readonly path: FieldPath;
  readonly before: unknown;
  readonly after: unknown;
  /** How many leading steps of the path were there before; objects below came with the change and go with it. */
  readonly existing: number;
}

/**
 * The places where two JSON values differ, as deep as possible: into objects, and into lists whose elements are told
 * apart by a key (containers, env, Service ports); other lists differ as a whole. Sorted, so the answer is stable.
 */
export function diffFields(before: unknown, after: unknown): FieldDifference[] {
  return differences(before, after, [], undefined);
}

function differences(
  before: unknown,
  after: unknown,
  path: FieldPath,
  existing: number | undefined,
): FieldDifference[] {
  if (jsonEqual(before, after)) return [];
  if (isRecord(before) && isRecord(after)) {
    const names = [...new Set([...Object.keys(before), ...Object.keys(after)])].sort(byCodeUnit);
    return names.flatMap((name) =>
      differences(own(before, name), own(after, name), [...path, name], undefined),
    );
  }
  const known = existing ?? (before === undefined ? path.length - 1 : path.length);
  // a map that came with the change: somebody else may put something into it, which is not ours
  if (
    before === undefined &&
    isRecord(after) &&
    typeof path.at(-1) === 'string' &&
    Object.keys(after).length > 0
  )
    return Object.keys(after)
      .sort(byCodeUnit)
      .flatMap((name) => differences(undefined, own(after, name), [...path, name], known));
  const field = fieldOf(path);
  if (Array.isArray(before) && Array.isArray(after) && isKeyed(field, before) && isKeyed(field, after)) {
    const left = byKey(field, before);
    const right = byKey(field, after);
    // the same elements in another order: only the list as a whole says so
    const found = [...new Set([...left.keys(), ...right.keys()])]
      .sort(byCodeUnit)
      .flatMap((key) => differences(left.get(key), right.get(key), [...path, { key }], undefined));
    if (found.length > 0) return found;
  }
  return [{ path, before, after, existing: known }];
}

/** The value at a path; `undefined` where it or something on the way is missing. */
export function lookUp(value: unknown, path: FieldPath): unknown {
  let current = value;
  let field = '';
  for (const step of path) {
    if (typeof step === 'string') {
      if (!isRecord(current)) return undefined;
      current = own(current, step);
      field = step;
    } else {
      if (!Array.isArray(current)) return undefined;
      const list = field;
      current = current.find((element) => keyOf(list, element) === step.key);
    }
  }
  return current;
}

/**
 * Sets (or with `undefined` removes) the value at a path, making objects on the way; the argument is not changed.
 * Objects that become empty by a removal are left for the caller: their presence was there before.
 */
export function setField(value: unknown, path: FieldPath, replacement: unknown, field = ''): unknown {
  const [step, ...rest] = path;
  if (step === undefined) return replacement;
  if (typeof step === 'string') {
    const out: Record<string, unknown> = isRecord(value) ? { ...value } : {};
    const next = setField(out[step], rest, replacement, step);
    if (next === undefined) delete out[step];
    else out[step] = next;
    return out;
  }
  const list = Array.isArray(value) ? [...value] : [];
  const index = list.findIndex((element) => keyOf(field, element) === step.key);
  const next = setField(index < 0 ? undefined : list[index], rest, replacement);
  if (next === undefined) {
    if (index >= 0) list.splice(index, 1);
  } else if (index < 0) list.push(next);
  else list[index] = next;
  return list;
}

/** Puts a difference back: sets what was there, or removes it together with the objects that came with it and are empty now. */
export function putBack(value: unknown, { path, before, existing }: FieldDifference): unknown {
  let out = setField(value, path, before);
  for (let length = path.length - 1; before === undefined && length > existing; length--) {
    const parent = lookUp(out, path.slice(0, length));
    if (!isRecord(parent) || Object.keys(parent).length > 0) break;
    out = setField(out, path.slice(0, length), undefined);
  }
  return out;
}

/** For people and for JSON: `/spec/template/spec/containers/[web]/image`. */
export function formatPath(path: FieldPath): string {
  return path
    .map((s) => `/${(typeof s === 'string' ? s : `[${s.key}]`).replaceAll('~', '~0').replaceAll('/', '~1')}`)
    .join('');
}

/** Whether one path lies at or below the other. */
export function overlaps(a: string, b: string): boolean {
  return a === b || a === '' || b === '' || a.startsWith(`${b}/`) || b.startsWith(`${a}/`);
}

/** Whether `live` holds everything `intended` does; a server adds defaults to what was sent, and leaves out what is empty. */
export function covers(live: unknown, intended: unknown, field = ''): boolean {
  if (live === undefined) return intended === undefined || isEmpty(intended);
  if (jsonEqual(live, intended)) return true;
  if (isRecord(live) && isRecord(intended))
    return Object.entries(intended).every(([name, value]) => covers(own(live, name), value, name));
  if (!Array.isArray(live) || !Array.isArray(intended)) return false;
  if (live.length !== intended.length) return false;
  return intended.every((element, i) => covers(live[i], element, field));
}

function isEmpty(value: unknown): boolean {
  return Array.isArray(value) ? value.length === 0 : isRecord(value) && Object.keys(value).length === 0;
}

function own(record: Record<string, unknown>, name: string): unknown {
  return Object.hasOwn(record, name) ? record[name] : undefined;
}

function fieldOf(path: FieldPath): string {
  const last = path.at(-1);
  return typeof last === 'string' ? last : '';
}

function byKey(field: string, list: readonly unknown[]): Map<string, unknown> {
  return new Map(list.map((element) => [keyOf(field, element) ?? '', element]));
}
