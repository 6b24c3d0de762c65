import { KubeApiError } from '../../../kube/errors.ts';
import type { ResourceDefinition } from './resources.ts';

/** One complaint about a field, as `metav1.StatusCause`. `message` already carries the kind: `Required value: …`. */
export interface FieldError {
  readonly field: string;
  readonly reason:
    | 'FieldValueRequired'
    | 'FieldValueInvalid'
    | 'FieldValueForbidden'
    | 'FieldValueNotSupported'
    | 'FieldValueDuplicate'
    | 'FieldValueTooLong'
    | 'FieldValueNotFound';
  readonly message: string;
}

/** How Go prints a value in a field error: strings quoted, objects as JSON. */
function shown(value: unknown): string {
  if (value === undefined || value === null) return 'null';
  return JSON.stringify(value);
}

export function required(field: string, detail = ''): FieldError {
  return {
    field,
    reason: 'FieldValueRequired',
    message: `Required value${detail === '' ? '' : `: ${detail}`}`,
  };
}
export function invalid(field: string, value: unknown, detail: string): FieldError {
  return { field, reason: 'FieldValueInvalid', message: `Invalid value: ${shown(value)}: ${detail}` };
}
export function forbiddenField(field: string, detail: string): FieldError {
  return { field, reason: 'FieldValueForbidden', message: `Forbidden: ${detail}` };
}
export function duplicate(field: string, value: unknown): FieldError {
  return { field, reason: 'FieldValueDuplicate', message: `Duplicate value: ${shown(value)}` };
}
export function notSupported(field: string, value: unknown, known: readonly string[]): FieldError {
  const list = known.map((k) => `"${k}"`).join(', ');
  return {
    field,
    reason: 'FieldValueNotSupported',
    message: `Unsupported value: ${shown(value)}: supported values: ${list}`,
  };
}
export function notFoundField(field: string, value: unknown): FieldError {
  return { field, reason: 'FieldValueNotFound', message: `Not found: ${shown(value)}` };
}

function qualified(d: ResourceDefinition): string {
  return d.group === '' ? d.plural : `${d.plural}.${d.group}`;
}

function details(d: ResourceDefinition, name: string): Record<string, unknown> {
  return { name, ...(d.group === '' ? {} : { group: d.group }), kind: d.plural };
}

export function notFound(d: ResourceDefinition, name: string): KubeApiError {
  return new KubeApiError(404, 'NotFound', `${qualified(d)} "${name}" not found`, details(d, name));
}
export function alreadyExists(d: ResourceDefinition, name: string): KubeApiError {
  return new KubeApiError(409, 'AlreadyExists', `${qualified(d)} "${name}" already exists`, details(d, name));
}
export function conflict(d: ResourceDefinition, name: string, why: string): KubeApiError {
  return new KubeApiError(
    409,
    'Conflict',
    `Operation cannot be fulfilled on ${qualified(d)} "${name}": ${why}`,
    details(d, name),
  );
}
export function staleVersion(d: ResourceDefinition, name: string): KubeApiError {
  return conflict(
    d,
    name,
    'the object has been modified; please apply your changes to the latest version and try again',
  );
}
export function forbidden(d: ResourceDefinition, name: string, why: string): KubeApiError {
  return new KubeApiError(
    403,
    'Forbidden',
    `${qualified(d)} "${name}" is forbidden: ${why}`,
    details(d, name),
  );
}
export function badRequest(message: string): KubeApiError {
  return new KubeApiError(400, 'BadRequest', message);
}

/** 422 with every complaint, worded as the API server does. */
export function invalidObject(
  d: ResourceDefinition,
  name: string,
  errors: readonly FieldError[],
): KubeApiError {
  const texts = errors.map((e) => `${e.field}: ${e.message}`);
  const list = texts.length === 1 ? texts[0] : `[${texts.join(', ')}]`;
  const kind = d.group === '' ? d.kind : `${d.kind}.${d.group}`;
  return new KubeApiError(422, 'Invalid', `${kind} "${name}" is invalid: ${list}`, {
    name,
    ...(d.group === '' ? {} : { group: d.group }),
    kind: d.kind,
    causes: errors.map((e) => ({ reason: e.reason, message: e.message, field: e.field })),
  });
}

/** The `v1.Status` body of an error, as the API server answers it. */
export function statusOf(error: KubeApiError): Record<string, unknown> {
  const { status: _code, reason: _reason, ...rest } = error.details;
  return {
    kind: 'Status',
    apiVersion: 'v1',
    metadata: {},
    status: 'Failure',
    message: error.message,
    ...(error.reason === '' ? {} : { reason: error.reason }),
    ...(Object.keys(rest).length === 0 ? {} : { details: rest }),
    code: error.status,
  };
}
