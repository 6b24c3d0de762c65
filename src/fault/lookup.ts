import type { Registry } from '../base/registry.ts';
import type { MechanismLookup } from '../spec/mechanism-lookup.ts';
import { catalogue } from './catalogue.ts';
import { cover } from './cover.ts';
import { distractors } from './distractors.ts';
import type { ClusterView, Fault } from './fault.ts';

/** Anything of the three catalogues: what validation and the planner need of it. */
export type Mechanism = Omit<Fault, 'category' | 'tags'>;

/** What scenario validation asks about faults, distractors and cover; without a view only names and schemas are known. */
export function mechanismLookups(view: ClusterView | undefined): {
  faults: MechanismLookup;
  distractors: MechanismLookup;
  cover: MechanismLookup;
} {
  return {
    faults: lookup(catalogue, view),
    distractors: lookup(distractors, view),
    cover: lookup(cover, view),
  };
}

function lookup(registry: Registry<Mechanism>, view: ClusterView | undefined): MechanismLookup {
  return {
    names: registry.names(),
    schemaOf: (name) => registry.get(name).schema,
    requires: (name) => registry.get(name).requires,
    check: (name, args) => (view === undefined ? [] : registry.get(name).check(args, view)),
    expectedAlerts: (name, args) =>
      view === undefined
        ? []
        : registry
            .get(name)
            .plan(args, view)
            .expectations.flatMap(({ must, condition }) =>
              must && condition.type === 'alert' ? [condition.name] : [],
            ),
  };
}
