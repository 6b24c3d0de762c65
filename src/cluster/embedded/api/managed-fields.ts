import type { ObjectMeta } from '../../../kube/objects.ts';

/** One entry of `metadata.managedFields`, without the field set: who wrote, how, when. */
interface ManagedFieldsEntry {
  readonly manager: string;
  readonly operation: 'Apply' | 'Update';
  readonly apiVersion: string;
  readonly time: string;
  readonly fieldsType: 'FieldsV1';
  readonly fieldsV1: Record<string, never>;
  readonly subresource?: string;
}

/** Records a write of `manager`; its earlier entry for the same operation and subresource is replaced. */
export function withManager(
  metadata: ObjectMeta,
  write: {
    manager: string;
    operation: 'Apply' | 'Update';
    apiVersion: string;
    time: string;
    subresource?: string | undefined;
  },
): ObjectMeta {
  const entry: ManagedFieldsEntry = {
    manager: write.manager,
    operation: write.operation,
    apiVersion: write.apiVersion,
    time: write.time,
    fieldsType: 'FieldsV1',
    fieldsV1: {},
    ...(write.subresource === undefined ? {} : { subresource: write.subresource }),
  };
  const others = ((metadata.managedFields ?? []) as ManagedFieldsEntry[]).filter(
    (e) =>
      e.manager !== entry.manager || e.operation !== entry.operation || e.subresource !== entry.subresource,
  );
  return { ...metadata, managedFields: [...others, entry] };
}
