import type { SanitiserRule } from './rule.ts';

/** Whatever the recorder and its helpers left in the cluster, by their namespaces. */
export function ownMachinery(namespaces: ReadonlySet<string>): SanitiserRule {
  return {
    name: 'own-machinery',
    reason: 'what recorded the window is no part of it',
    omits: (object) =>
      namespaces.has(object.metadata.namespace ?? '') ||
      (object.kind === 'Namespace' && namespaces.has(object.metadata.name)),
  };
}
