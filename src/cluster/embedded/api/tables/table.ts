import type { KubeObject } from '../../../../kube/objects.ts';
import type { ResourceDefinition } from '../resources.ts';
import { since } from './human-duration.ts';
import { printers } from './printers.ts';

/** A printed column: `Name:type`, with priority 1 for `-o wide`. */
export interface Column {
  readonly name: string;
  readonly type?: string;
  readonly wide?: boolean;
}
export type Cell = string | number | boolean;

/** How one kind is printed; the first column is its name unless `name` says where it is. */
export interface Printer {
  readonly columns: readonly Column[];
  readonly row: (object: KubeObject, nowMs: number) => readonly Cell[];
}

const plain: Printer = {
  columns: [{ name: 'Name' }, { name: 'Age' }],
  row: (object, nowMs) => [object.metadata.name, since(object.metadata.creationTimestamp, nowMs)],
};

/** What rows carry of the objects themselves. */
export type IncludeObject = 'None' | 'Metadata' | 'Object';

export interface TableRequest {
  readonly definition: ResourceDefinition | undefined;
  readonly objects: readonly KubeObject[];
  readonly metadata: Record<string, unknown>;
  readonly nowMs: number;
  readonly includeObject: IncludeObject;
}

/** A `meta.k8s.io/v1` Table, as the server answers kubectl. */
export function tableOf({
  definition,
  objects,
  metadata,
  nowMs,
  includeObject,
}: TableRequest): Record<string, unknown> {
  const printer = (definition === undefined ? undefined : printers[definition.key]) ?? plain;
  return {
    kind: 'Table',
    apiVersion: 'meta.k8s.io/v1',
    metadata,
    columnDefinitions: printer.columns.map(({ name, type = 'string', wide = false }) => ({
      name,
      type,
      format: name === 'Name' ? 'name' : '',
      description: '',
      priority: wide ? 1 : 0,
    })),
    rows: objects.map((object) => ({
      cells: printer.row(object, nowMs),
      ...(includeObject === 'None' ? {} : { object: includeObject === 'Object' ? object : partial(object) }),
    })),
  };
}

function partial(object: KubeObject): Record<string, unknown> {
  return { kind: 'PartialObjectMetadata', apiVersion: 'meta.k8s.io/v1', metadata: object.metadata };
}
