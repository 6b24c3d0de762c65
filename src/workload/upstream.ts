import { Failure } from './failure.ts';
import type { Link } from './host.ts';
import { Counter, type HistogramFamily } from './metrics.ts';
import { Pool } from './pool.ts';

export type Protocol = 'http' | 'postgres' | 'redis' | 'nats';

export interface UpstreamOptions {
  readonly name: string;
  readonly protocol: Protocol;
  readonly host: string;
  readonly port: number;
  readonly timeoutMs: number;
  readonly connectTimeoutMs: number;
  readonly attempts: number;
  readonly backoffMs: number;
  readonly idleMs: number;
  readonly maxAgeMs: number;
  readonly pool:
    | { readonly max: number; readonly acquireTimeoutMs: number; readonly leakRatio: number }
    | undefined;
  readonly user: string;
  readonly password: string;
  readonly database: string;
}

/** A remote as one process sees it: how to reach it, and its connections. */
export class Upstream {
  readonly name: string;
  readonly protocol: Protocol;
  readonly host: string;
  readonly port: number;
  readonly timeoutMs: number;
  readonly connectTimeoutMs: number;
  readonly attempts: number;
  readonly backoffMs: number;
  readonly idleMs: number;
  readonly maxAgeMs: number;
  readonly user: string;
  readonly password: string;
  readonly database: string;
  readonly poolMax: number;
  readonly acquireTimeoutMs: number;
  readonly leakRatio: number;
  /** Set where connections are bounded. */
  readonly pool: Pool | undefined;
  readonly idle: IdleLinks;
  /** Duration by HTTP status or `error.type` (stores: operation result). */
  durations: HistogramFamily<string | number> | undefined;
  readonly poolTimeouts: Counter | undefined;

  constructor(options: UpstreamOptions) {
    this.name = options.name;
    this.protocol = options.protocol;
    this.host = options.host;
    this.port = options.port;
    this.timeoutMs = options.timeoutMs;
    this.connectTimeoutMs = options.connectTimeoutMs;
    this.attempts = options.attempts;
    this.backoffMs = options.backoffMs;
    this.idleMs = options.idleMs;
    this.maxAgeMs = options.maxAgeMs;
    this.user = options.user;
    this.password = options.password;
    this.database = options.database;
    this.poolMax = options.pool?.max ?? 0;
    this.acquireTimeoutMs = options.pool?.acquireTimeoutMs ?? 0;
    this.leakRatio = options.pool?.leakRatio ?? 0;
    this.idle = new IdleLinks(options.idleMs, options.maxAgeMs);
    this.pool = options.pool === undefined ? undefined : new Pool(this);
    this.poolTimeouts =
      options.pool === undefined
        ? undefined
        : new Counter('db_client_connections_timeouts_total', { pool_name: options.name });
  }

  get address(): string {
    return `${this.host}:${this.port}`;
  }

  fail(kind: Failure['kind'], ip = '', status = 0): Failure {
    return new Failure(kind, this, ip, status);
  }
}

/** Connections kept for reuse, the latest used first. */
export class IdleLinks {
  readonly #idleMs: number;
  readonly #maxAgeMs: number;
  readonly #links: Link[] = [];
  constructor(idleMs: number, maxAgeMs: number) {
    this.#idleMs = idleMs;
    this.#maxAgeMs = maxAgeMs;
  }
  get size(): number {
    return this.#links.length;
  }
  /** A usable connection, or `undefined`: make a new one. */
  take(nowMs: number): Link | undefined {
    for (;;) {
      const link = this.#links.pop();
      if (link === undefined) return undefined;
      if (link.isOpen) {
        if (nowMs - link.idleSinceMs < this.#idleMs && nowMs - link.openedMs < this.#maxAgeMs) return link;
        link.close();
      }
    }
  }
  /** Keeps a connection after use, or closes it if it is too old. */
  give(link: Link, nowMs: number): void {
    if (!link.isOpen) return;
    if (this.#idleMs <= 0 || nowMs - link.openedMs >= this.#maxAgeMs) link.close();
    else {
      link.idleSinceMs = nowMs;
      this.#links.push(link);
    }
  }
  hasOpen(): boolean {
    return this.#links.some((link) => link.isOpen);
  }
  /** Closes what has been idle for too long; to be called now and then. */
  reap(nowMs: number): void {
    let kept = 0;
    for (const link of this.#links) {
      if (link.isOpen && nowMs - link.idleSinceMs < this.#idleMs) this.#links[kept++] = link;
      else if (link.isOpen) link.close();
    }
    this.#links.length = kept;
  }
}
