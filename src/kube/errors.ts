import { OperationError } from '../base/errors.ts';

/** The API server's answer to a request it did not carry out (a `v1.Status`). */
export class KubeApiError extends OperationError {
  readonly status: number;
  readonly reason: string;
  constructor(status: number, reason: string, message: string, details: Record<string, unknown> = {}) {
    super('kube-api', message, {
      details: { status, reason, ...details },
      isRetryable: status === 429 || status >= 500,
    });
    this.status = status;
    this.reason = reason;
  }
}

export function isNotFound(error: unknown): boolean {
  return error instanceof KubeApiError && error.status === 404;
}

export function isConflict(error: unknown): boolean {
  return error instanceof KubeApiError && error.status === 409;
}
