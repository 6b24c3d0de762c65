import { jsonEqual } from '../../../../base/json.ts';
import { KubeApiError } from '../../../../kube/errors.ts';
import { isFields } from '../fields.ts';
import { thawed } from '../frozen.ts';
import { badRequest } from '../status-error.ts';

interface Operation {
  readonly op: string;
  readonly path: string;
  readonly from?: string;
  readonly value?: unknown;
}

/** JSON patch (RFC 6902); the original is not changed. A path that is not there, or a failed test, is 422. */
export function jsonPatch(original: unknown, patch: unknown): unknown {
  if (!Array.isArray(patch))
    throw badRequest(
      'error decoding patch: json: cannot unmarshal object into Go value of type jsonpatch.Patch',
    );
  let document = thawed(original);
  for (const operation of patch as Operation[]) document = apply(document, operation);
  return document;
}

function refuse(message: string): never {
  throw new KubeApiError(
    422,
    'Invalid',
    `the server rejected our request due to an error in our request: ${message}`,
  );
}

function parts(pointer: string): string[] {
  if (pointer === '') return [];
  if (!pointer.startsWith('/')) refuse(`invalid path "${pointer}"`);
  return pointer
    .slice(1)
    .split('/')
    .map((p) => p.replaceAll('~1', '/').replaceAll('~0', '~'));
}

function apply(document: unknown, { op, path, from, value }: Operation): unknown {
  const where = parts(path);
  if (op === 'test') {
    if (!jsonEqual(read(document, where, path), value)) refuse(`testing value ${path} failed: test failed`);
    return document;
  }
  if (op === 'add') return add(document, where, path, thawed(value));
  if (op === 'remove') return remove(document, where, path);
  if (op === 'replace') {
    read(document, where, path);
    if (where.length === 0) return thawed(value);
    const holder = read(document, where.slice(0, -1), path);
    const name = where.at(-1)!;
    if (Array.isArray(holder)) holder[index(holder, name, path, false)] = thawed(value);
    else (holder as Record<string, unknown>)[name] = thawed(value);
    return document;
  }
  if (op === 'move' || op === 'copy') {
    const source = parts(from ?? '');
    const moved = thawed(read(document, source, from ?? ''));
    const rest = op === 'move' ? remove(document, source, from ?? '') : document;
    return add(rest, where, path, moved);
  }
  return refuse(`Unexpected kind: ${op}`);
}

function read(document: unknown, where: readonly string[], path: string): unknown {
  let at = document;
  for (const name of where) {
    if (Array.isArray(at)) at = at[index(at, name, path, false)];
    else if (isFields(at) && Object.hasOwn(at, name)) at = at[name];
    else refuse(`jsonpatch operation does not apply: doc is missing path: "${path}": missing value`);
  }
  return at;
}

function index(list: readonly unknown[], name: string, path: string, canAppend: boolean): number {
  if (canAppend && name === '-') return list.length;
  const at = /^(?:0|[1-9]\d*)$/.test(name) ? Number(name) : -1;
  if (at < 0 || at > list.length - (canAppend ? 0 : 1))
    refuse(`jsonpatch operation does not apply: doc is missing path: "${path}": invalid index referenced`);
  return at;
}

function add(document: unknown, where: readonly string[], path: string, value: unknown): unknown {
  if (where.length === 0) return value;
  const holder = read(document, where.slice(0, -1), path);
  const name = where.at(-1)!;
  if (Array.isArray(holder)) holder.splice(index(holder, name, path, true), 0, value);
  else if (isFields(holder))
    Object.defineProperty(holder, name, { value, enumerable: true, configurable: true, writable: true });
  else refuse(`jsonpatch add operation does not apply: doc is missing path: "${path}": missing value`);
  return document;
}

function remove(document: unknown, where: readonly string[], path: string): unknown {
  read(document, where, path);
  const holder = read(document, where.slice(0, -1), path);
  const name = where.at(-1)!;
  if (Array.isArray(holder)) holder.splice(index(holder, name, path, false), 1);
  else delete (holder as Record<string, unknown>)[name];
  return document;
}
