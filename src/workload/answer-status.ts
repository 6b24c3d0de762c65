import type { Failure } from './failure.ts';

/** What a server answers when a step failed. */
export function answerStatus(failure: Failure): number {
  if (failure.kind === 'answer') return failure.status;
  if (failure.upstream?.protocol !== 'http') return 500;
  if (failure.kind === 'status') return failure.status < 500 ? failure.status : 502;
  return failure.kind === 'timeout' || failure.kind === 'connect-timeout' ? 504 : 502;
}
