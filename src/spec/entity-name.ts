/** `namespace/Kind/name`, or `cluster/Kind/name` for cluster-scoped objects: how people and agents name entities. */
export function entityName(ref: { kind: string; name: string; namespace?: string | undefined }): string {
  return `${ref.namespace ?? 'cluster'}/${ref.kind}/${ref.name}`;
}
