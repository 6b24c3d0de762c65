import type { KubeObject } from '../../spec/kube-types.ts';
import type { SanitiserRule } from './rule.ts';

/**
 * Whatever the recorder and its helpers left in the cluster, by their namespaces. A namespace itself stays, with what
 * every namespace has: the application's own objects speak of it.
 */
export function ownMachinery(namespaces: ReadonlySet<string>): SanitiserRule {
  return {
    name: 'own-machinery',
    reason: 'what recorded the window is no part of it',
    omits: (object) => namespaces.has(object.metadata.namespace ?? '') && !isInEveryNamespace(object),
  };
}

function isInEveryNamespace({ kind, metadata }: KubeObject): boolean {
  return (
    (kind === 'ServiceAccount' && metadata.name === 'default') ||
    (kind === 'ConfigMap' && metadata.name === 'kube-root-ca.crt')
  );
}
