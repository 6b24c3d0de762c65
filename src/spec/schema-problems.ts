import { Ajv2020, type ErrorObject, type ValidateFunction } from 'ajv/dist/2020.js';
import ajvFormats from 'ajv-formats';
import { nearest } from '../base/nearest.ts';
import { toJsonSchema } from './json-schema.ts';
import { jsonPointer } from './source-document.ts';

/** One mistake of a value against a schema. */
export interface SchemaProblem {
  readonly code: 'SCH001' | 'SCH002' | 'SCH003' | 'SCH004' | 'SCH005' | 'SCH006' | 'SCH007' | 'SCH008';
  /** JSON pointer of what is wrong. */
  readonly pointer: string;
  /** Whether the field's name is the mistake, or its value. */
  readonly at: 'key' | 'value';
  readonly message: string;
  readonly hint?: string;
}

export interface ProblemOptions {
  /** What a member of an object is called in messages. */
  readonly noun?: 'field' | 'argument';
}

type JsonSchema = { readonly [keyword: string]: unknown };

const ajv = new Ajv2020({
  allErrors: true,
  strict: true,
  strictTypes: false,
  strictRequired: false,
  allowUnionTypes: true,
  verbose: true,
});
// its CommonJS types hide that the default export is the function
(ajvFormats as unknown as (instance: Ajv2020) => void)(ajv);
const compiled = new WeakMap<object, ValidateFunction>();

/**
 * All mistakes of a value, in the words of somebody who writes the file. A union answers with the mistakes of the form
 * that was most likely meant, never with those of all forms; a misspelt field is not also a missing one.
 */
export function schemaProblems(
  schema: object,
  value: unknown,
  options: ProblemOptions = {},
): SchemaProblem[] {
  const root = toJsonSchema(schema);
  return problemsAt(root, root, value, '', options.noun ?? 'field');
}

function problemsAt(
  schema: JsonSchema,
  root: JsonSchema,
  value: unknown,
  base: string,
  noun: string,
): SchemaProblem[] {
  const validate = validatorOf(schema, root);
  if (validate(value)) return [];
  const errors = validate.errors ?? [];
  const unions = errors.filter((error) => error.keyword === 'anyOf');
  const outerUnions = unions.filter(
    (union, index) =>
      !unions.some(
        (other, i) =>
          isBelow(union.instancePath, other.instancePath) ||
          (i > index && other.instancePath === union.instancePath),
      ),
  );
  const plain = errors.filter(
    (error) =>
      error.keyword !== 'if' &&
      !outerUnions.some(
        (union) =>
          error.instancePath === union.instancePath || isBelow(error.instancePath, union.instancePath),
      ),
  );
  const problems = [
    ...withoutMisspelt(plain).map((error) => describe(error, base, noun)),
    ...outerUnions.flatMap((union) => unionProblems(union, root, base, noun)),
  ];
  return distinct(problems);
}

function validatorOf(schema: JsonSchema, root: JsonSchema): ValidateFunction {
  let validate = compiled.get(schema);
  if (!validate) {
    const definitions =
      schema === root || root.$defs === undefined ? schema : { $defs: root.$defs, ...schema };
    validate = ajv.compile(definitions);
    compiled.set(schema, validate);
  }
  return validate;
}

/** A missing field that an unknown one was meant to be is reported once, at the unknown one. */
function withoutMisspelt(errors: readonly ErrorObject[]): ErrorObject[] {
  const meant = new Set<string>();
  for (const error of errors)
    if (error.keyword === 'additionalProperties') {
      const near = nearest(String(error.params.additionalProperty), knownFields(error));
      if (near !== undefined) meant.add(`${error.instancePath}\0${near}`);
    }
  return errors.filter(
    (error) =>
      error.keyword !== 'required' || !meant.has(`${error.instancePath}\0${error.params.missingProperty}`),
  );
}

function describe(error: ErrorObject, base: string, noun: string): SchemaProblem {
  const pointer = base + error.instancePath;
  const schema: JsonSchema = error.parentSchema ?? {};
  const value: unknown = error.data;
  const at = 'value' as const;
  switch (error.keyword) {
    case 'additionalProperties': {
      const name = String(error.params.additionalProperty);
      const known = knownFields(error);
      const near = nearest(name, known);
      const hint = near
        ? `did you mean "${near}"?`
        : known.length === 0
          ? `no ${noun}s are known here`
          : `known: ${known.join(', ')}`;
      return {
        code: 'SCH001',
        pointer: pointer + jsonPointer(name),
        at: 'key',
        message: `unknown ${noun} "${name}"`,
        hint,
      };
    }
    case 'required': {
      const name = String(error.params.missingProperty);
      const description = (schema.properties as Record<string, JsonSchema> | undefined)?.[name]?.description;
      return {
        code: 'SCH002',
        pointer,
        at: 'key',
        message: `missing ${noun} "${name}"`,
        ...(typeof description === 'string' && { hint: description }),
      };
    }
    case 'type':
      return {
        code: 'SCH003',
        pointer,
        at,
        message: `expected ${typeName(error.params.type)}, found ${shown(value)}`,
        ...hintOf(typeHint(error.params.type, value)),
      };
    case 'const':
      return {
        code: 'SCH004',
        pointer,
        at,
        message: `expected ${shown(error.params.allowedValue)}, found ${shown(value)}`,
      };
    case 'enum':
      return notAllowed(pointer, value, error.params.allowedValues as unknown[]);
    case 'pattern':
    case 'format':
      return {
        code: 'SCH005',
        pointer,
        at,
        message: `${shown(value)} is not written as it should be`,
        hint: patternHint(schema),
      };
    case 'minimum':
    case 'maximum':
    case 'exclusiveMinimum':
    case 'exclusiveMaximum':
    case 'multipleOf':
      return {
        code: 'SCH006',
        pointer,
        at,
        message: `${shown(value)} is out of range: it ${error.message ?? 'does not fit'}`,
      };
    case 'minItems':
    case 'maxItems':
    case 'minLength':
    case 'maxLength':
    case 'minProperties':
    case 'maxProperties':
    case 'uniqueItems':
      return { code: 'SCH007', pointer, at, message: `it ${error.message ?? 'has the wrong size'}` };
    default:
      return { code: 'SCH008', pointer, at, message: error.message ?? error.keyword };
  }
}

function unionProblems(error: ErrorObject, root: JsonSchema, base: string, noun: string): SchemaProblem[] {
  const pointer = base + error.instancePath;
  const branches = (error.schema as JsonSchema[]).map((branch) => dereference(branch, root));
  const value: unknown = error.data;
  if (branches.every((branch) => 'const' in branch))
    return [
      notAllowed(
        pointer,
        value,
        branches.map((branch) => branch.const),
      ),
    ];
  const ranked = branches
    .map((branch) => ({ branch, score: likeness(branch, value) }))
    .filter(({ score }) => score >= 0)
    .sort((a, b) => b.score - a.score);
  const [best, second] = ranked;
  if (best && (second === undefined || best.score > second.score))
    return problemsAt(best.branch, root, value, pointer, noun);
  const forms = branches.map(formName).join(', or ');
  return [
    {
      code: 'SCH008',
      pointer,
      at: 'value',
      message: `${shown(value)} fits none of the allowed forms`,
      hint: `allowed: ${forms}`,
    },
  ];
}

/** How likely it is that the value was meant to be this form; negative: not at all. */
function likeness(branch: JsonSchema, value: unknown): number {
  const isObject = typeof value === 'object' && value !== null && !Array.isArray(value);
  if (branch.type !== undefined && !matchesType(branch.type, value)) return -1;
  if (!isObject) return 0;
  const properties = (branch.properties ?? {}) as Record<string, JsonSchema>;
  const required = (branch.required ?? []) as string[];
  let score = 0;
  for (const [name, member] of Object.entries(value)) {
    const schema = properties[name];
    if (!schema) continue;
    score += required.includes(name) ? 2 : 1;
    if ('const' in schema) score += schema.const === member ? 20 : -20;
  }
  return score;
}

function dereference(schema: JsonSchema, root: JsonSchema): JsonSchema {
  const name = typeof schema.$ref === 'string' ? schema.$ref.split('/').at(-1) : undefined;
  const found =
    name === undefined ? undefined : (root.$defs as Record<string, JsonSchema> | undefined)?.[name];
  return found ?? schema;
}

function matchesType(type: unknown, value: unknown): boolean {
  const types: unknown[] = Array.isArray(type) ? type : [type];
  const actual = value === null ? 'null' : Array.isArray(value) ? 'array' : typeof value;
  return types.includes(actual) || (actual === 'number' && types.includes('integer'));
}

function formName(branch: JsonSchema): string {
  const required = branch.required as string[] | undefined;
  if (branch.type === 'object' && required?.length) return `an object with ${required.join(' and ')}`;
  if ('const' in branch) return shown(branch.const);
  return typeof branch.description === 'string' ? branch.description : typeName(branch.type);
}

function notAllowed(pointer: string, value: unknown, allowed: readonly unknown[]): SchemaProblem {
  const near = typeof value === 'string' ? nearest(value, allowed.map(String)) : undefined;
  const list = `one of ${allowed.map((one) => String(one)).join(', ')}`;
  return {
    code: 'SCH004',
    pointer,
    at: 'value',
    message: `${shown(value)} is not allowed here`,
    hint: near ? `did you mean "${near}"? ${list}` : list,
  };
}

function knownFields(error: ErrorObject): string[] {
  return Object.keys((error.parentSchema?.properties as object | undefined) ?? {});
}

function patternHint(schema: JsonSchema): string {
  if (typeof schema.description === 'string') return schema.description;
  if (Array.isArray(schema.examples)) return `for example ${schema.examples.map(shown).join(', ')}`;
  return schema.pattern === undefined
    ? `expected format: ${String(schema.format)}`
    : `expected: ${String(schema.pattern)}`;
}

function typeHint(type: unknown, value: unknown): string | undefined {
  if (matchesType(type, String(value)) && (typeof value === 'number' || typeof value === 'boolean'))
    return 'put it in quotes';
  if (
    typeof value === 'string' &&
    value.trim() !== '' &&
    matchesType(type, Number(value)) &&
    Number.isFinite(Number(value))
  )
    return 'remove the quotes';
  if (matchesType(type, []) && value !== null && value !== undefined)
    return 'write a list, each entry after "- "';
  return undefined;
}

function hintOf(hint: string | undefined): { hint?: string } {
  return hint === undefined ? {} : { hint };
}

function typeName(type: unknown): string {
  const names: Record<string, string> = {
    string: 'a text',
    number: 'a number',
    integer: 'a whole number',
    boolean: 'true or false',
    object: 'an object with fields',
    array: 'a list',
    null: 'nothing',
  };
  const types: unknown[] = Array.isArray(type) ? type : [type];
  return types.map((one) => names[String(one)] ?? 'a value').join(' or ');
}

/** A value as people would say it; long texts are cut. */
function shown(value: unknown): string {
  if (value === null || value === undefined) return 'nothing';
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'object') return 'an object with fields';
  if (typeof value !== 'string') return String(value);
  return JSON.stringify(value.length > 60 ? `${value.slice(0, 57)}...` : value);
}

function isBelow(path: string, ancestor: string): boolean {
  return path.startsWith(`${ancestor}/`);
}

function distinct(problems: readonly SchemaProblem[]): SchemaProblem[] {
  const seen = new Set<string>();
  return problems.filter((problem) => {
    const identity = `${problem.code} ${problem.pointer} ${problem.message}`;
    return !seen.has(identity) && seen.add(identity);
  });
}
