import type { KubeObject, ObjectRef } from './objects.ts';

/** A kind of object at a version, as in a manifest. */
export interface GroupVersionKind {
  readonly apiVersion: string;
  readonly kind: string;
}

export type PatchType = 'json' | 'merge' | 'strategic';

export interface WatchEvent {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK';
  readonly object: KubeObject;
  /** When it was received, by the cluster's clock (epoch ms). */
  readonly receivedMs: number;
}

export interface ResourceInfo {
  readonly apiVersion: string;
  readonly kind: string;
  readonly plural: string;
  readonly namespaced: boolean;
  readonly verbs: readonly string[];
}

export interface ListOptions {
  readonly namespace?: string;
  readonly labelSelector?: string;
  readonly fieldSelector?: string;
}

export interface ObjectList {
  readonly items: KubeObject[];
  readonly resourceVersion: string;
}

/**
 * Generic access to a Kubernetes API: raw JSON in and out, the same for the embedded cluster (in-process) and for
 * a real one (HTTP). Failures are `KubeApiError` with the server's Status.
 */
export interface KubeClient {
  /** What the server serves; asked once and kept. */
  resources(): Promise<readonly ResourceInfo[]>;
  version(): Promise<{ gitVersion: string; major: string; minor: string }>;
  get(ref: ObjectRef): Promise<KubeObject>;
  /** All pages. */
  list(kind: GroupVersionKind, options?: ListOptions): Promise<ObjectList>;
  create(object: KubeObject, options?: { fieldManager?: string }): Promise<KubeObject>;
  /** Full update (PUT); `resourceVersion` inside is the precondition. */
  replace(object: KubeObject): Promise<KubeObject>;
  patch(
    ref: ObjectRef,
    type: PatchType,
    body: unknown,
    options?: { subresource?: string; fieldManager?: string },
  ): Promise<KubeObject>;
  delete(
    ref: ObjectRef,
    options?: { gracePeriodSeconds?: number; propagationPolicy?: string },
  ): Promise<void>;
  /**
   * Changes after `resourceVersion`, without end, until the signal aborts. A broken connection is resumed without a gap;
   * `410 Gone` is answered by a fresh list whose differences are delivered as events.
   */
  watch(
    kind: GroupVersionKind,
    resourceVersion: string,
    signal: AbortSignal,
    options?: ListOptions,
  ): AsyncIterable<WatchEvent>;
  /** Container log text with RFC 3339 (nanosecond) timestamps at the line starts. */
  podLog(
    ref: { namespace: string; name: string; container: string },
    options?: { previous?: boolean; sinceTime?: string },
  ): Promise<string>;
}
