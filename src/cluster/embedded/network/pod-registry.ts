import type { PodIdentity } from '../contracts.ts';
import type { Pod } from '../controllers/kinds.ts';

/** One pod with a sandbox, as the network knows it. */
export interface NetworkPod {
  readonly identity: PodIdentity;
  readonly hostNetwork: boolean;
  /** Its present labels; policies follow them. */
  labels: Readonly<Record<string, string>>;
  pod: Pod | undefined;
  isReachable: boolean;
}

/** Pods by uid and by IP. */
export class PodRegistry {
  readonly byUid = new Map<string, NetworkPod>();
  readonly byIp = new Map<string, NetworkPod>();

  add(entry: NetworkPod): void {
    this.byUid.set(entry.identity.uid, entry);
    if (!entry.hostNetwork) this.byIp.set(entry.identity.ip, entry);
  }

  remove(uid: string): void {
    const entry = this.byUid.get(uid);
    if (entry === undefined) return;
    this.byUid.delete(uid);
    if (this.byIp.get(entry.identity.ip) === entry) this.byIp.delete(entry.identity.ip);
  }
}
