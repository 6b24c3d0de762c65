import fastJsonPatch from 'fast-json-patch';
import { byText } from '../base/order.ts';
import { sensitiveValues } from '../entity/secret-values.ts';
import { type KubeObject, refOf } from '../kube/objects.ts';
import { entityName } from '../spec/entity-name.ts';
import { ContainerStates } from './container-states.ts';
import { compareVersions, type KindListener, versionOf } from './kind-watch.ts';
import type { ContainerStateChange, ObjectChange, RecordedObject } from './recording.ts';

/** Collects the last state of every object, its changes, states of containers, and values Secrets had. */
export class ObjectCollector implements KindListener {
  readonly #objects = new Map<string, RecordedObject>();
  readonly #changes: ObjectChange[] = [];
  readonly #states = new ContainerStates();
  readonly #secrets = new Set<string>();

  initial(object: KubeObject): void {
    this.#keep(object, undefined);
    if (object.kind === 'Pod') this.#states.initial(object);
  }

  changed(
    type: 'ADDED' | 'MODIFIED' | 'DELETED',
    object: KubeObject,
    previous: KubeObject | undefined,
    timeMs: number,
  ): void {
    this.#keep(object, type === 'DELETED' ? timeMs : undefined);
    if (object.kind === 'Pod' && type !== 'DELETED') this.#states.changed(object, timeMs);
    const patch = patchOf(type, object, previous);
    if (type !== 'DELETED' && patch.length === 0) return;
    const verb = type === 'DELETED' ? 'delete' : previous === undefined ? 'create' : 'update';
    this.#changes.push({ timeMs, verb, ref: refOf(object), patch, resourceVersion: versionOf(object) });
  }

  #keep(object: KubeObject, deletedMs: number | undefined): void {
    const { uid, name, namespace } = object.metadata;
    this.#objects.set(`${object.kind}/${namespace ?? ''}/${name}/${uid ?? ''}`, {
      object,
      ...(deletedMs === undefined ? {} : { deletedMs }),
    });
    if (object.kind === 'Secret') for (const value of sensitiveValues(object)) this.#secrets.add(value);
  }

  /** Objects that existed in the window, sorted by entity name, then uid. */
  objects(startMs: number): readonly RecordedObject[] {
    return [...this.#objects.values()]
      .filter(({ deletedMs }) => deletedMs === undefined || deletedMs >= startMs)
      .sort(
        byText(
          ({ object }) => entityName(refOf(object)),
          ({ object }) => object.metadata.uid ?? '',
        ),
      );
  }

  /** Changes in the window, sorted by resourceVersion. */
  changes(startMs: number, endMs: number): readonly ObjectChange[] {
    return this.#changes
      .filter(({ timeMs }) => timeMs >= startMs && timeMs <= endMs)
      .sort(
        (a, b) =>
          compareVersions(a.resourceVersion, b.resourceVersion) ||
          byText<ObjectChange>(
            ({ ref }) => entityName(ref),
            ({ verb }) => verb,
          )(a, b),
      );
  }

  containerStates(startMs: number, endMs: number): readonly ContainerStateChange[] {
    return this.#states.inWindow(startMs, endMs);
  }

  secretValues(): readonly string[] {
    return [...this.#secrets].sort();
  }
}

function patchOf(type: string, object: KubeObject, previous: KubeObject | undefined): readonly unknown[] {
  if (type === 'DELETED') return [];
  const after = essence(object);
  return previous === undefined
    ? [{ op: 'add', path: '', value: after }]
    : fastJsonPatch.compare(essence(previous), after);
}

/** The object without what changes with every write. */
function essence(object: KubeObject): KubeObject {
  const { resourceVersion: _, managedFields: __, ...metadata } = object.metadata;
  return { ...object, metadata };
}
