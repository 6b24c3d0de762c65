import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import type { JsonPatchStep } from '../../src/fault/apply-patch.ts';
import type { InjectionTarget } from '../../src/fault/injection-target.ts';
import { applyPatch } from '../../src/fault/touched-fields.ts';
import type { KubeClient } from '../../src/kube/client.ts';
import { KubeApiError } from '../../src/kube/errors.ts';
import type { KubeObject, ObjectRef } from '../../src/spec/kube-types.ts';

interface State {
  objects: Record<string, KubeObject>;
  stopped: string[];
  load: number;
  version: number;
}

/**
 * A cluster whose whole state is one file, so that it outlives the process that changes it. It numbers versions, gives
 * uids and a default, as an API server does; it has no controllers.
 */
export class FileCluster implements InjectionTarget {
  readonly #path: string;
  /** Called before and after every change; tests end the process here. */
  onChange: (when: 'before' | 'after') => void = () => {};
  constructor(path: string) {
    this.#path = path;
  }

  static create(path: string, objects: readonly KubeObject[]): FileCluster {
    const cluster = new FileCluster(path);
    const state: State = { objects: {}, stopped: [], load: 1, version: 100 };
    for (const object of objects) state.objects[keyOf(object)] = stamped(object, state, object.metadata.uid);
    cluster.#write(state);
    return cluster;
  }

  readonly clock = { nowMs: () => Date.UTC(2026, 5, 1, 8, 30) };
  readonly nodes = {
    stopNode: async (name: string) =>
      this.#change((state) => {
        state.stopped = [...new Set([...state.stopped, name])];
      }),
    startNode: async (name: string) =>
      this.#change((state) => {
        state.stopped = state.stopped.filter((n) => n !== name);
      }),
  };
  readonly load = {
    setLoadFactor: async (factor: number) =>
      this.#change((state) => {
        state.load = factor;
      }),
    loadFactor: async () => this.#read().load,
  };

  get stopped(): readonly string[] {
    return this.#read().stopped;
  }
  get objects(): readonly KubeObject[] {
    return Object.values(this.#read().objects);
  }

  readonly kube: KubeClient = {
    resources: async () => [],
    version: async () => ({ gitVersion: 'v1.34.0', major: '1', minor: '34' }),
    get: async (ref) => found(this.#read(), ref),
    list: async (kind, options) => {
      const state = this.#read();
      const items = Object.values(state.objects).filter(
        (o) =>
          o.kind === kind.kind &&
          (options?.namespace === undefined || o.metadata.namespace === options.namespace),
      );
      return { items, resourceVersion: String(state.version) };
    },
    create: async (object) =>
      this.#change((state) => {
        if (state.objects[keyOf(object)] !== undefined)
          throw new KubeApiError(409, 'AlreadyExists', `${object.metadata.name} already exists`);
        // a default, as a server adds them
        const spec =
          object.kind === 'NetworkPolicy'
            ? { spec: { policyTypes: ['Ingress'], ...(object.spec as object) } }
            : {};
        return put(state, stamped({ ...object, ...spec }, state));
      }),
    replace: async () => {
      throw new Error('not used');
    },
    patch: async (ref, type, body) =>
      this.#change((state) => {
        const before = found(state, ref);
        let after: KubeObject;
        try {
          after = applyPatch(before, type, body as readonly JsonPatchStep[]) as KubeObject;
        } catch (error) {
          throw new KubeApiError(422, 'Invalid', String(error));
        }
        return put(state, stamped(after, state, before.metadata.uid));
      }),
    delete: async (ref) =>
      this.#change((state) => {
        delete state.objects[keyOf(found(state, ref))];
      }),
    // biome-ignore lint/correctness/useYield: never used
    watch: async function* () {
      throw new Error('not used');
    },
    podLog: async () => '',
  };

  #change<T>(change: (state: State) => T): T {
    this.onChange('before');
    const state = this.#read();
    const result = change(state);
    this.#write(state);
    this.onChange('after');
    return result;
  }
  #read(): State {
    return JSON.parse(readFileSync(this.#path, 'utf8')) as State;
  }
  #write(state: State): void {
    writeFileSync(`${this.#path}.new`, JSON.stringify(state));
    renameSync(`${this.#path}.new`, this.#path);
  }
}

function stamped(object: KubeObject, state: State, uid?: string): KubeObject {
  const version = ++state.version;
  return {
    ...object,
    metadata: { ...object.metadata, uid: uid ?? `uid-${version}`, resourceVersion: String(version) },
  };
}

function put(state: State, object: KubeObject): KubeObject {
  state.objects[keyOf(object)] = object;
  return object;
}

function found(state: State, ref: ObjectRef): KubeObject {
  const object = state.objects[`${ref.namespace ?? ''}/${ref.kind}/${ref.name}`];
  if (object === undefined) throw new KubeApiError(404, 'NotFound', `${ref.kind} "${ref.name}" not found`);
  return object;
}

function keyOf(object: KubeObject): string {
  return `${object.metadata.namespace ?? ''}/${object.kind}/${object.metadata.name}`;
}
