/** A request as the API server gets it, in-process or from HTTP; the body is decoded already. */
export interface ApiRequest {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** Path without query, still percent-encoded: `/api/v1/namespaces/shop/pods`. */
  readonly path: string;
  readonly query: Readonly<Record<string, string>>;
  readonly body?: unknown;
  /** Of the body; decides the type of a patch. */
  readonly contentType?: string | undefined;
  readonly accept?: string | undefined;
  readonly userAgent?: string | undefined;
}

/** One line of a watch. */
export interface WatchFrame {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK' | 'ERROR';
  readonly object: unknown;
  /** Virtual time of the change (epoch ms). */
  readonly atMs: number;
}

/** An accepted watch. Nothing is lost between the answer and `start`. */
export interface WatchStream {
  readonly wantsBookmarks: boolean;
  /** Pushes the backlog at once, then every change as it is made; returns how to stop. */
  start(push: (frame: WatchFrame) => void): () => void;
  /** A bookmark at the store's present resourceVersion. */
  bookmark(): WatchFrame;
}

/** Log text that goes on: lines after those already given, and whether the container still runs. */
export interface LogFollow {
  next(): { readonly text: string; readonly isOpen: boolean };
}

export interface ApiAnswer {
  readonly status: number;
  /** JSON, or text when `contentType` is not JSON. */
  readonly body?: unknown;
  readonly contentType?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly watch?: WatchStream;
  readonly follow?: LogFollow;
}

export function ok(body: unknown, status = 200): ApiAnswer {
  return { status, body };
}
