/** Parts of an object whose keys are data, not fields. */
const dataPaths =
  /^(?:metadata\.(?:labels|annotations)|data|binaryData|stringData|.*\.(?:matchLabels|nodeSelector|limits|requests|hard|used|capacity|allocatable|min|max|default|defaultRequest|podSelector\.matchLabels))$|^spec\.selector$/;

/** Every field of an object as `spec.template.spec.containers[].image`; keys of maps of data are not fields. */
export function fieldsOf(object: Readonly<Record<string, unknown>>): ReadonlySet<string> {
  const found = new Set<string>();
  const walk = (value: unknown, path: string): void => {
    if (Array.isArray(value)) {
      for (const item of value) walk(item, `${path}[]`);
      return;
    }
    if (typeof value !== 'object' || value === null) {
      if (value !== null && value !== undefined) found.add(path);
      return;
    }
    if (dataPaths.test(path)) {
      found.add(path);
      return;
    }
    for (const [name, member] of Object.entries(value)) walk(member, path === '' ? name : `${path}.${name}`);
  };
  walk(object, '');
  return found;
}
