import type { KubeObject } from './objects.ts';

/**
 * Whether a pod is kept waiting by its kubelet because it crashed that often (10 s before the first restart, twice as long
 * before each further one, at most 5 minutes), and nobody is taking it away.
 */
export function isHeldBack({ metadata, status }: KubeObject, restarts: number): boolean {
  const { containerStatuses = [] } = (status ?? {}) as {
    containerStatuses?: readonly { restartCount?: number; state?: { waiting?: { reason?: string } } }[];
  };
  return (
    metadata.deletionTimestamp === undefined &&
    containerStatuses.some(
      ({ restartCount = 0, state }) =>
        restartCount >= restarts && state?.waiting?.reason === 'CrashLoopBackOff',
    )
  );
}
