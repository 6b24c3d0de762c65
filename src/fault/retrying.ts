import { OperationError } from '../base/errors.ts';

/** Tries again what failed for a reason that may pass (429, 5xx), a few times with growing pauses of real time. */
export async function retrying<T>(attempt: () => Promise<T>, attempts = 4): Promise<T> {
  for (let n = 1; ; n++) {
    try {
      return await attempt();
    } catch (error) {
      if (n >= attempts || !(error instanceof OperationError) || !error.isRetryable) throw error;
      await new Promise((resolve) => setTimeout(resolve, 100 * 2 ** n));
    }
  }
}
