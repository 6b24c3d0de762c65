type JsonSchema = { readonly [keyword: string]: unknown };

const converted = new WeakMap<object, JsonSchema>();

/**
 * Plain JSON Schema of a typebox schema. typebox puts the definitions of a recursive type, with an `$id`, at every
 * place that uses it, which validators refuse as ambiguous: here they stand once, in `$defs` of the root.
 */
export function toJsonSchema(schema: object): JsonSchema {
  let result = converted.get(schema);
  if (!result) {
    const definitions: Record<string, unknown> = {};
    const root = convert(schema, definitions) as JsonSchema;
    result = Object.keys(definitions).length > 0 ? { ...root, $defs: definitions } : root;
    converted.set(schema, result);
    // converting twice is converting once
    converted.set(result, result);
  }
  return result;
}

function convert(node: unknown, definitions: Record<string, unknown>): unknown {
  if (Array.isArray(node)) return node.map((item) => convert(item, definitions));
  if (typeof node !== 'object' || node === null) return node;
  const out: Record<string, unknown> = {};
  for (const [keyword, value] of Object.entries(node)) {
    if (keyword === '$defs') {
      for (const [name, definition] of Object.entries(value as Record<string, JsonSchema>)) {
        if (name in definitions) continue;
        definitions[name] = true; // reserves the name: the definition refers to itself
        const { $id: _, ...rest } = definition;
        definitions[name] = convert(rest, definitions);
      }
    } else if (keyword === '$ref' && typeof value === 'string' && !value.startsWith('#'))
      out.$ref = `#/$defs/${value}`;
    else out[keyword] = convert(value, definitions);
  }
  return out;
}
