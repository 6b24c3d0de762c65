import { createHash } from 'node:crypto';
import { join } from 'node:path';

/**
 * Where the injection journal of a cluster is kept on this machine, whoever injects: `inject`, `build`, and `recover`
 * after either was killed. kube-system's uid tells real clusters apart; embedded ones of one seed share it, so they are
 * told apart by their address.
 */
export function journalPath(
  stateFolder: string,
  cluster: { readonly kubeSystemUid: string; readonly embeddedAt?: string | undefined },
): string {
  const identity = createHash('sha256')
    .update(`${cluster.embeddedAt ?? ''}\n${cluster.kubeSystemUid}`)
    .digest('hex')
    .slice(0, 20);
  return join(stateFolder, 'journals', `${identity}.jsonl`);
}
