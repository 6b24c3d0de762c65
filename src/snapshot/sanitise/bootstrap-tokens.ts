import type { SanitiserRule } from './rule.ts';

export const bootstrapTokens: SanitiserRule = {
  name: 'bootstrap-tokens',
  reason: 'tokens with which nodes join a cluster; their names hold half of the token',
  omits: (object) => object.kind === 'Secret' && object.type === 'bootstrap.kubernetes.io/token',
  field: (kind, path) =>
    kind === 'ConfigMap' && path[0] === 'data' && path[1]?.startsWith('jws-kubeconfig-') ? 'drop' : undefined,
};
