import type { KubeObject } from './objects.ts';

/** Restarts after which a kubelet waits for most of a minute and more before the next. */
const manyRestarts = 3;

/** Whether a pod is kept waiting by its kubelet because it crashed so often, and nobody is taking it away. */
export function isHeldBack({ metadata, status }: KubeObject): boolean {
  const { containerStatuses = [] } = (status ?? {}) as {
    containerStatuses?: readonly { restartCount?: number; state?: { waiting?: { reason?: string } } }[];
  };
  return (
    metadata.deletionTimestamp === undefined &&
    containerStatuses.some(
      ({ restartCount = 0, state }) =>
        restartCount >= manyRestarts && state?.waiting?.reason === 'CrashLoopBackOff',
    )
  );
}
