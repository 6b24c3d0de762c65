// the alphabet Kubernetes draws suffixes from has no vowels and no 0, 1, 3; hashes of other versions and of other
// tools (and of people who write from memory) do, so that only the shape is asked for
const hash = '[a-z0-9]{6,10}';
const suffix = '[a-z0-9]{5}';

const shapes: readonly { readonly kinds: readonly string[]; readonly pattern: RegExp }[] = [
  { kinds: ['Deployment', 'ReplicaSet'], pattern: new RegExp(`^(.+)-${hash}-${suffix}$`) },
  { kinds: ['CronJob'], pattern: new RegExp(`^(.+)-\\d{6,12}-${suffix}$`) },
  { kinds: ['Deployment', 'CronJob'], pattern: new RegExp(`^(.+)-${hash}$`) },
  { kinds: ['StatefulSet'], pattern: /^(.+)-\d{1,5}$/ },
  {
    kinds: ['DaemonSet', 'Job', 'ReplicaSet', 'Service', 'ReplicationController'],
    pattern: new RegExp(`^(.+)-${suffix}$`),
  },
];

/** An owner a generated name can come from: `checkout-6d5f8c7b9d-x2x4z` may be made by Deployment `checkout`. */
export interface PossibleOwner {
  readonly kinds: readonly string[];
  readonly name: string;
}

/**
 * What could have generated this name, the longest suffix first: pods and ReplicaSets of Deployments, pods of
 * StatefulSets, DaemonSets and Jobs, Jobs of CronJobs, EndpointSlices of Services. Names longer than an object's
 * name may be (253) have none.
 */
export function possibleOwners(name: string): readonly PossibleOwner[] {
  if (name.length > 253) return [];
  const owners: PossibleOwner[] = [];
  for (const { kinds, pattern } of shapes) {
    const stem = pattern.exec(name)?.[1];
    if (stem !== undefined) owners.push({ kinds, name: stem });
  }
  return owners;
}
