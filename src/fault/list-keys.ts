import { isRecord } from './json-access.ts';

/** Members by which Kubernetes tells the elements of a list apart (patchMergeKey), by the list's field name. */
const listKeys: Readonly<Record<string, readonly string[]>> = {
  containers: ['name'],
  initContainers: ['name'],
  env: ['name'],
  volumes: ['name'],
  volumeMounts: ['mountPath'],
  imagePullSecrets: ['name'],
  // containers number their ports by containerPort, Services by port
  ports: ['containerPort', 'port'],
  ownerReferences: ['uid'],
  conditions: ['type'],
  taints: ['key'],
};

/** What identifies an element of a list with this field name; `undefined` if such lists are replaced as a whole. */
export function keyOf(field: string, element: unknown): string | undefined {
  if (!isRecord(element)) return undefined;
  for (const member of listKeys[field] ?? []) {
    const value = element[member];
    if (typeof value === 'string' || typeof value === 'number')
      // TCP and UDP may share a number
      return field === 'ports'
        ? `${value}/${typeof element.protocol === 'string' ? element.protocol : 'TCP'}`
        : String(value);
  }
  return undefined;
}

/** Whether the elements of the list are told apart by a key (all of them, without repeats). */
export function isKeyed(field: string, list: readonly unknown[]): boolean {
  if (!(field in listKeys)) return false;
  const keys = list.map((element) => keyOf(field, element));
  return !keys.includes(undefined) && new Set(keys).size === keys.length;
}
