import type { KubeObject } from './objects.ts';

export interface TransportRequest {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  readonly path: string;
  readonly query?: Readonly<Record<string, string>>;
  readonly body?: unknown;
  readonly contentType?: string;
}

/** JSON, or text where the server answered text. */
export interface TransportResponse {
  readonly status: number;
  readonly body: unknown;
}

/** One line of a watch as the server sent it. */
export interface TransportFrame {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK' | 'ERROR';
  readonly object: KubeObject;
  readonly receivedMs: number;
}

/** A way to a Kubernetes API: in-process or HTTP. What the client above does is the same for both. */
export interface KubeTransport {
  /** Throws OperationError only when no answer came; refusals are answers. */
  request(request: TransportRequest): Promise<TransportResponse>;
  /** Frames until the connection ends or the signal aborts; throws KubeApiError when the watch is refused. */
  watch(
    path: string,
    query: Readonly<Record<string, string>>,
    signal: AbortSignal,
  ): AsyncIterable<TransportFrame>;
  /** The cluster's clock, as far as this side knows it (epoch ms). */
  nowMs(): number;
  /** Pause before a broken watch is opened again. */
  wait(ms: number, signal: AbortSignal): Promise<void>;
}
