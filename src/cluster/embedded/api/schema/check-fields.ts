import type { KubeObject } from '../../../../kube/objects.ts';
import { isFields } from '../fields.ts';
import { parseQuantity } from '../quantity.ts';
import { badRequest } from '../status-error.ts';
import { type FieldType, modelNamed, modelOfKind } from './model.ts';

const quantityMaps = new Set([
  'limits',
  'requests',
  'hard',
  'capacity',
  'max',
  'min',
  'default',
  'defaultRequest',
  'maxLimitRequestRatio',
]);
const quantityModels = new Set([
  'V1ResourceRequirements',
  'V1VolumeResourceRequirements',
  'V1ResourceQuotaSpec',
  'V1LimitRangeItem',
  'V1PersistentVolumeSpec',
]);

/**
 * Compares an object with its kind's fields, as decoding does: a value of the wrong type is refused (400), fields that
 * do not exist are returned (`unknown field "spec.x"`), for the caller to refuse or to warn about.
 */
export function unknownFields(object: KubeObject): string[] {
  const found: string[] = [];
  const refuse = (detail: string): never => {
    throw badRequest(
      `${object.kind} in version "${versionOf(object)}" cannot be handled as a ${object.kind}: ${detail}`,
    );
  };
  visit(object, modelOfKind(object.apiVersion, object.kind), '', object.kind, found, refuse);
  return found;
}

/** Removes fields that do not exist, as decoding without strict validation does. */
export function withoutUnknownFields(object: KubeObject): KubeObject {
  return strip(object, modelOfKind(object.apiVersion, object.kind)) as KubeObject;
}

function strip(value: unknown, model: string): unknown {
  const fields = modelNamed(model);
  if (fields === undefined || !isFields(value)) return value;
  const out: Record<string, unknown> = {};
  for (const [name, member] of Object.entries(value)) {
    const type = fields.get(name);
    if (type === undefined) continue;
    if (type.container === 'list' && Array.isArray(member)) out[name] = member.map((m) => strip(m, type.of));
    else if (type.container === 'map' && isFields(member))
      out[name] = Object.fromEntries(Object.entries(member).map(([k, m]) => [k, strip(m, type.of)]));
    else out[name] = strip(member, type.of);
  }
  return out;
}

function versionOf(object: KubeObject): string {
  return object.apiVersion.slice(object.apiVersion.indexOf('/') + 1);
}

type Refuse = (detail: string) => never;

function visit(
  value: unknown,
  model: string,
  path: string,
  go: string,
  found: string[],
  refuse: Refuse,
): void {
  const fields = modelNamed(model);
  if (fields === undefined) {
    checkPlain(value, model, path, go, refuse);
    return;
  }
  if (value === null || value === undefined) return;
  if (!isFields(value))
    refuse(
      `json: cannot unmarshal ${jsonKind(value)} into Go struct field ${go}${suffix(path)} of type v1.${goName(model)}`,
    );
  for (const [name, member] of Object.entries(value as Record<string, unknown>)) {
    const where = path === '' ? name : `${path}.${name}`;
    const type = fields.get(name);
    if (type === undefined) {
      found.push(`unknown field "${where}"`);
      continue;
    }
    if (member === null || member === undefined) continue;
    visitField(member, type, where, go, found, refuse);
    if (type.container === 'map' && quantityModels.has(model) && quantityMaps.has(name))
      checkQuantities(member, refuse);
  }
}

function visitField(
  value: unknown,
  type: FieldType,
  path: string,
  go: string,
  found: string[],
  refuse: Refuse,
): void {
  if (type.container === 'list') {
    if (!Array.isArray(value))
      refuse(
        `json: cannot unmarshal ${jsonKind(value)} into Go struct field ${go}${suffix(path)} of type []${goName(type.of)}`,
      );
    (value as unknown[]).forEach((item, i) => visit(item, type.of, `${path}[${i}]`, go, found, refuse));
  } else if (type.container === 'map') {
    if (!isFields(value))
      refuse(
        `json: cannot unmarshal ${jsonKind(value)} into Go struct field ${go}${suffix(path)} of type map[string]${goName(type.of)}`,
      );
    const isAmount = quantityMaps.has(path.slice(path.lastIndexOf('.') + 1));
    for (const [key, item] of Object.entries(value as Record<string, unknown>))
      if (!(isAmount && typeof item === 'number')) visit(item, type.of, `${path}.${key}`, go, found, refuse);
  } else visit(value, type.of, path, go, found, refuse);
}

function checkQuantities(value: unknown, refuse: Refuse): void {
  for (const amount of Object.values(value as Record<string, unknown>))
    if (parseQuantity(amount) === undefined)
      refuse("quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'");
}

const plain: Record<string, { test: (value: unknown) => boolean; go: string }> = {
  string: { test: (v) => typeof v === 'string', go: 'string' },
  bool: { test: (v) => typeof v === 'boolean', go: 'bool' },
  int: { test: (v) => Number.isSafeInteger(v), go: 'int32' },
  number: { test: (v) => typeof v === 'number', go: 'float64' },
  quantity: { test: (v) => parseQuantity(v) !== undefined, go: 'resource.Quantity' },
  intOrString: { test: (v) => typeof v === 'string' || Number.isSafeInteger(v), go: 'intstr.IntOrString' },
};

function checkPlain(value: unknown, type: string, path: string, go: string, refuse: Refuse): void {
  const rule = plain[type];
  if (rule === undefined || value === null || rule.test(value)) return;
  refuse(
    `json: cannot unmarshal ${jsonKind(value)} into Go struct field ${go}${suffix(path)} of type ${rule.go}`,
  );
}

function suffix(path: string): string {
  return path === '' ? '' : `.${path.replaceAll(/\[\d+\]/g, '')}`;
}

function goName(model: string): string {
  return plain[model]?.go ?? model.replace(/^(?:Core|Rbac|Discovery)?V\d/, '');
}

function jsonKind(value: unknown): string {
  if (Array.isArray(value)) return 'array';
  if (typeof value === 'boolean') return 'bool';
  return typeof value;
}
