import { isRecord } from './json-access.ts';
import { isKeyed, keyOf } from './list-keys.ts';

/** RFC 7396 merge patch; neither argument is changed. */
export function applyMergePatch(target: unknown, patch: unknown): unknown {
  if (!isRecord(patch)) return structuredClone(patch);
  const out: Record<string, unknown> = isRecord(target) ? { ...target } : {};
  for (const [name, value] of Object.entries(patch)) {
    if (value === null) delete out[name];
    else out[name] = applyMergePatch(out[name], value);
  }
  return out;
}

/**
 * Strategic merge patch as far as plans use it: lists that Kubernetes merges by a key are merged by it, others are
 * replaced; `null` removes; `$patch: delete` removes a list element. Neither argument is changed.
 */
export function applyStrategicPatch(target: unknown, patch: unknown, field = ''): unknown {
  if (Array.isArray(patch)) {
    if (!isKeyed(field, patch)) return structuredClone(patch);
    const out: unknown[] = Array.isArray(target) ? [...target] : [];
    for (const element of patch) {
      const key = keyOf(field, element);
      const index = out.findIndex((other) => keyOf(field, other) === key);
      if (isRecord(element) && element.$patch === 'delete') {
        if (index >= 0) out.splice(index, 1);
      } else if (index >= 0) out[index] = applyStrategicPatch(out[index], element);
      else out.push(structuredClone(element));
    }
    return out;
  }
  if (!isRecord(patch)) return patch;
  const out: Record<string, unknown> = isRecord(target) ? { ...target } : {};
  for (const [name, value] of Object.entries(patch)) {
    if (value === null) delete out[name];
    else out[name] = applyStrategicPatch(out[name], value, name);
  }
  return out;
}

/** One RFC 6902 operation, as plans and recovery use them. */
export type JsonPatchStep =
  | { readonly op: 'add' | 'replace' | 'test'; readonly path: string; readonly value: unknown }
  | { readonly op: 'remove'; readonly path: string };

/** RFC 6902 patch (add, replace, remove, test); the target is not changed. Throws RangeError where it does not fit. */
export function applyJsonPatch(
  target: unknown,
  steps: readonly JsonPatchStep[],
  equal: (a: unknown, b: unknown) => boolean,
): unknown {
  let root = structuredClone(target);
  for (const step of steps) {
    const path = parsePointer(step.path);
    const last = path.pop();
    if (last === undefined) {
      if (step.op === 'remove') throw new RangeError('the whole document cannot be removed');
      if (step.op === 'test') {
        if (!equal(root, step.value)) throw new RangeError('test failed at the document');
      } else root = structuredClone(step.value);
      continue;
    }
    let parent: unknown = root;
    for (const name of path) parent = member(parent, name, step.path);
    if (Array.isArray(parent)) editList(parent, last, step, equal);
    else if (isRecord(parent)) editRecord(parent, last, step, equal);
    else throw new RangeError(`nothing at ${step.path}`);
  }
  return root;
}

function editList(
  list: unknown[],
  name: string,
  step: JsonPatchStep,
  equal: (a: unknown, b: unknown) => boolean,
): void {
  const index = name === '-' ? list.length : Number(name);
  if (
    !Number.isInteger(index) ||
    index < 0 ||
    index > list.length ||
    (step.op !== 'add' && index >= list.length)
  )
    throw new RangeError(`nothing at ${step.path}`);
  if (step.op === 'add') list.splice(index, 0, structuredClone(step.value));
  else if (step.op === 'remove') list.splice(index, 1);
  else if (step.op === 'replace') list[index] = structuredClone(step.value);
  else if (!equal(list[index], step.value)) throw new RangeError(`test failed at ${step.path}`);
}

function editRecord(
  record: Record<string, unknown>,
  name: string,
  step: JsonPatchStep,
  equal: (a: unknown, b: unknown) => boolean,
): void {
  if (step.op === 'add') record[name] = structuredClone(step.value);
  else if (!Object.hasOwn(record, name)) throw new RangeError(`nothing at ${step.path}`);
  else if (step.op === 'remove') delete record[name];
  else if (step.op === 'replace') record[name] = structuredClone(step.value);
  else if (!equal(record[name], step.value)) throw new RangeError(`test failed at ${step.path}`);
}

function member(value: unknown, name: string, pointer: string): unknown {
  if (Array.isArray(value) && Number(name) in value) return value[Number(name)];
  if (isRecord(value) && Object.hasOwn(value, name)) return value[name];
  throw new RangeError(`nothing at ${pointer}`);
}

/** Steps of an RFC 6901 pointer. */
function parsePointer(pointer: string): string[] {
  if (pointer === '') return [];
  return pointer
    .slice(1)
    .split('/')
    .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'));
}

/** RFC 6901 pointer of steps. */
export function formatPointer(path: readonly (string | number)[]): string {
  return path.map((part) => `/${String(part).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');
}
