import type { Upstream } from './upstream.ts';

/** Whose look logs and error texts have. */
export type Runtime = 'go' | 'node' | 'java' | 'python';

/** Why an exchange with an upstream failed; each has a text of its own in every runtime. */
export type FailureKind =
  | 'refused'
  | 'connect-timeout'
  | 'not-found'
  | 'dns-timeout'
  | 'timeout'
  | 'reset'
  | 'status'
  | 'pool-timeout'
  | 'too-many-clients'
  | 'auth'
  /** Not a failure of an upstream: the program itself answers with `status`. */
  | 'answer';

/** A failed exchange. `ip` is the address that was tried, if it came to that. */
export class Failure {
  readonly kind: FailureKind;
  readonly upstream: Upstream | undefined;
  readonly ip: string;
  /** HTTP status for `status` and `answer`. */
  readonly status: number;
  /** `POST /charge`, `SELECT orders`, or the message of an `answer`. */
  operation = '';
  /** State of the pool when acquiring timed out. */
  inUse = 0;
  waiting = 0;
  constructor(kind: FailureKind, upstream: Upstream | undefined, ip = '', status = 0) {
    this.kind = kind;
    this.upstream = upstream;
    this.ip = ip;
    this.status = status;
  }
  /** Nothing reached the other side, so that repeating is safe. */
  get unsent(): boolean {
    return (
      this.kind === 'refused' ||
      this.kind === 'connect-timeout' ||
      this.kind === 'not-found' ||
      this.kind === 'dns-timeout'
    );
  }
}
