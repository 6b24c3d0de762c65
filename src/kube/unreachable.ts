import { OperationError } from '../base/errors.ts';

/** No answer came; worth another try. */
export function unreachable(server: string, cause: unknown): OperationError {
  const why =
    cause instanceof Error ? cause.message || (cause as { code?: string }).code || cause.name : String(cause);
  return new OperationError('kube-unreachable', `no answer from the Kubernetes API at ${server}: ${why}`, {
    cause,
    isRetryable: true,
  });
}
