import type { Program } from '../spec/program.ts';

type Release = Program['releases'][number];
/** A program with the changes of one release applied; nothing refers to other releases any more. */
export type ReleasedProgram = Omit<Program, 'releases' | 'summary'> & { readonly tag: string };

type Fields = Record<string, unknown>;
const isFields = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

function mergeFields(base: unknown, change: Fields): Fields {
  const merged: Fields = isFields(base) ? { ...base } : {};
  for (const [name, value] of Object.entries(change)) {
    merged[name] = isFields(value) && isFields(merged[name]) ? mergeFields(merged[name], value) : value;
  }
  return merged;
}

/** Items with the same identity are merged in place; new ones are added at the end. */
function mergeItems(
  base: readonly Fields[],
  changes: readonly Fields[],
  identity: (item: Fields) => string,
): Fields[] {
  const merged = [...base];
  for (const change of changes) {
    const at = merged.findIndex((item) => identity(item) === identity(change));
    if (at < 0) merged.push(change);
    else merged[at] = mergeFields(merged[at], change);
  }
  return merged;
}

const identities: Readonly<Record<string, (item: Fields) => string>> = {
  settings: (item) => String(item.name),
  upstreams: (item) => String(item.name),
  routes: (item) => `${item.method} ${item.path}`,
};

/**
 * The program as its image with this tag contains it: `settings` and `upstreams` merged by name, `routes` by method
 * and path, objects field by field, everything else replaced. `undefined` if there is no such release.
 */
export function releaseOf(program: Program, tag: string): ReleasedProgram | undefined {
  const release: Release | undefined = program.releases.find((candidate) => candidate.tag === tag);
  if (release === undefined) return undefined;
  const { releases: _releases, summary: _summary, ...base } = program;
  const merged: Fields = { ...base, tag };
  for (const [name, change] of Object.entries(release.changes ?? {})) {
    const identity = identities[name];
    if (identity !== undefined && Array.isArray(change)) {
      merged[name] = mergeItems((merged[name] as Fields[] | undefined) ?? [], change as Fields[], identity);
    } else merged[name] = isFields(change) ? mergeFields(merged[name], change) : change;
  }
  return merged as unknown as ReleasedProgram;
}
