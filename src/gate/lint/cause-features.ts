import { nameOfObject } from '../../entity/entity-name.ts';
import type { KubeObject } from '../../spec/kube-types.ts';
import { causeChanges } from './cause-changes.ts';
import { type FieldLeaf, leaves, pathText } from './field-leaves.ts';
import type { LintedBundle } from './linted-bundle.ts';

/** Something that objects of a task have; the same text means the same thing in two tasks. */
export type Feature = string;

/** What a rule over a suite compares: what cause operations put into a task, and what its objects have. */
export interface FeatureKind {
  /** Of an object as it is created or as it stands in the bundle. */
  ofObject(object: KubeObject): Iterable<Feature>;
  /** Of a field set on an object of a kind. */
  ofField(kind: string, leaf: FieldLeaf): Iterable<Feature>;
}

/** A feature that causes have set in a task, on an object that shows it. */
export interface CauseFeature {
  readonly feature: Feature;
  readonly entity: string;
  readonly line: number;
}

/** Features of one kind that the cause operations of a task set and that its objects show at the end. */
export function causeFeatures(bundle: LintedBundle, kind: FeatureKind): readonly CauseFeature[] {
  if (bundle.truth === undefined) return [];
  const found = new Map<string, CauseFeature>();
  for (const change of causeChanges(bundle.truth)) {
    const shown = bundle.objects.find(({ value }) => nameOfObject(value) === change.entity);
    if (shown === undefined) continue;
    const present = new Set(featuresOf([shown.value], kind));
    const set = new Set([
      ...(change.created ? kind.ofObject(shown.value) : []),
      ...change.set.flatMap((leaf) => [...kind.ofField(change.kind, leaf)]),
    ]);
    for (const feature of set)
      if (present.has(feature))
        found.set(`${change.entity} ${feature}`, { feature, entity: change.entity, line: shown.line });
  }
  return [...found.values()];
}

/** All features of one kind that objects have. */
export function featuresOf(objects: Iterable<KubeObject>, kind: FeatureKind): Set<Feature> {
  const found = new Set<Feature>();
  for (const object of objects) {
    for (const feature of kind.ofObject(object)) found.add(feature);
    for (const leaf of leaves(object))
      if (leaf.path[0] !== 'status')
        for (const feature of kind.ofField(object.kind, leaf)) found.add(feature);
  }
  return found;
}

export const kindFeature: FeatureKind = {
  ofObject: ({ kind }) => [kind],
  ofField: (kind) => [kind],
};

export const objectFeature: FeatureKind = {
  ofObject: (object) => [nameOfObject(object)],
  ofField: () => [],
};

export const labelFeature: FeatureKind = {
  ofObject: () => [],
  ofField: (_kind, { path }) => {
    const parent = path.at(-2);
    return parent === 'labels' || parent === 'annotations' ? [`${parent.slice(0, -1)} ${path.at(-1)}`] : [];
  },
};

/** A field by kind and path; of words the API knows (`Recreate`, `Never`) also which of them. */
export const fieldFeature: FeatureKind = {
  ofObject: () => [],
  ofField: (kind, { path, value }) => {
    if (path[0] === 'metadata' || path[0] === 'kind' || path[0] === 'apiVersion') return [];
    const field = `${kind} ${pathText(path)}`;
    const isWord =
      typeof value === 'string' && /^[A-Z][a-z]+(?:[A-Z][a-z]+)*$/.test(value) && path[0] === 'spec';
    return isWord ? [field, `${field} ${value}`] : [field];
  },
};
