import { KubeApiError } from './errors.ts';
import type { TransportResponse } from './transport.ts';

/** The KubeApiError a refused request stands for. */
export function responseError({ status, body }: TransportResponse, what: string): KubeApiError {
  const { reason, message, details } = (typeof body === 'object' && body !== null ? body : {}) as {
    reason?: string;
    message?: string;
    details?: Record<string, unknown>;
  };
  const text =
    message ??
    (typeof body === 'string' && body.trim() !== '' ? body.trim().slice(0, 500) : `${what}: HTTP ${status}`);
  return new KubeApiError(status, reason ?? '', text, { ...details, request: what });
}
