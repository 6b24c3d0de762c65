import { kindModels, models } from './schema-data.ts';

/** Type of a field: a model's name, or one of string, int, number, bool, any, quantity, intOrString, in lists and maps. */
export interface FieldType {
  readonly container: 'list' | 'map' | undefined;
  /** Type of the elements of a list or map, or of the field itself. */
  readonly of: string;
}

export type Model = ReadonlyMap<string, FieldType>;

const parsed = new Map<string, Model>();

/** Fields of a model by name; `undefined` if it is a plain type. */
export function modelNamed(name: string): Model | undefined {
  const known = parsed.get(name);
  if (known !== undefined) return known;
  const line = models[name];
  if (line === undefined) return undefined;
  const model = new Map<string, FieldType>();
  for (const part of line.split(' ').filter((p) => p !== '')) {
    const at = part.indexOf(':');
    const type = part.slice(at + 1);
    const container = type.startsWith('[]') ? 'list' : type.startsWith('{}') ? 'map' : undefined;
    model.set(part.slice(0, at), { container, of: container === undefined ? type : type.slice(2) });
  }
  parsed.set(name, model);
  return model;
}

/** Model name of a kind that is served. */
export function modelOfKind(apiVersion: string, kind: string): string {
  const name = kindModels[`${apiVersion} ${kind}`];
  if (name === undefined) throw new Error(`no model for ${apiVersion} ${kind}`);
  return name;
}
