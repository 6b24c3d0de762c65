import { groupVersions } from './discovery.ts';
import { resourceDefinitions } from './resources.ts';
import { type FieldType, modelNamed, modelOfKind } from './schema/model.ts';

/** `/openapi/v3`: where each group version's document is. */
export function openapiIndex(): Record<string, unknown> {
  const paths: Record<string, unknown> = {};
  for (const gv of groupVersions()) {
    const path = gv === 'v1' ? 'api/v1' : `apis/${gv}`;
    paths[path] = { serverRelativeURL: `/openapi/v3/${path}?hash=1` };
  }
  return { paths };
}

const documents = new Map<string, Record<string, unknown>>();

/** The document of one group version: schemas of its kinds and, for each, a patch that takes `fieldValidation`. */
export function openapiDocument(groupVersion: string): Record<string, unknown> {
  const known = documents.get(groupVersion);
  if (known !== undefined) return known;
  const schemas: Record<string, unknown> = {};
  const paths: Record<string, unknown> = {};
  for (const d of resourceDefinitions.filter((r) => r.apiVersion === groupVersion)) {
    const gvk = { group: d.group, version: d.version, kind: d.kind };
    const model = modelOfKind(d.apiVersion, d.kind);
    collect(model, schemas);
    (schemas[schemaName(model)] as Record<string, unknown>)['x-kubernetes-group-version-kind'] = [gvk];
    const base = d.group === '' ? '/api/v1' : `/apis/${groupVersion}`;
    const parameters = ['dryRun', 'fieldManager', 'fieldValidation'].map((name) => ({
      name,
      in: 'query',
      schema: { type: 'string' },
    }));
    const operation = (action: string) => ({
      'x-kubernetes-action': action,
      'x-kubernetes-group-version-kind': gvk,
      parameters,
      responses: {
        200: { description: 'OK', content: { 'application/json': { schema: reference(model) } } },
      },
    });
    const path = `${base}${d.namespaced ? '/namespaces/{namespace}' : ''}/${d.plural}`;
    paths[path] = { get: operation('list'), post: operation('post') };
    paths[`${path}/{name}`] = { get: operation('get'), put: operation('put'), patch: operation('patch') };
  }
  const document = {
    openapi: '3.0.0',
    info: { title: 'Kubernetes', version: 'v1' },
    paths,
    components: { schemas },
  };
  documents.set(groupVersion, document);
  return document;
}

function reference(model: string): Record<string, unknown> {
  return { $ref: `#/components/schemas/${schemaName(model)}` };
}

/** kubectl shows what follows the last dot as the type's name. */
function schemaName(model: string): string {
  return `io.k8s.api.${model.replace(/^(?:Core|Rbac|Discovery)?V\d+/, '')}`;
}

function collect(model: string, schemas: Record<string, unknown>): void {
  const fields = modelNamed(model);
  if (fields === undefined || schemas[schemaName(model)] !== undefined) return;
  const properties: Record<string, unknown> = {};
  schemas[schemaName(model)] = { type: 'object', properties };
  for (const [name, type] of fields) {
    collect(type.of, schemas);
    properties[name] = schemaOf(type);
  }
}

function schemaOf(type: FieldType): Record<string, unknown> {
  const of = plain[type.of] ?? { allOf: [reference(type.of)], default: {} };
  if (type.container === 'list') return { type: 'array', items: of };
  if (type.container === 'map') return { type: 'object', additionalProperties: of };
  return of;
}

const plain: Record<string, Record<string, unknown>> = {
  string: { type: 'string' },
  int: { type: 'integer', format: 'int32' },
  number: { type: 'number' },
  bool: { type: 'boolean' },
  quantity: { type: 'string' },
  intOrString: { oneOf: [{ type: 'integer' }, { type: 'string' }], format: 'int-or-string' },
  any: { type: 'object' },
};
