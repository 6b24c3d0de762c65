import { CulpritError } from '../../base/errors.ts';
import type { KubeClient } from '../../kube/client.ts';
import { dockerVersion } from './docker.ts';

/**
 * A client whose API server lives in Docker: when the server cannot be reached because the daemon is gone, that is what
 * the error says (`docker-stopped`).
 */
export function explainLoss(kube: KubeClient): KubeClient {
  const explained =
    <Args extends unknown[], Result>(call: (...args: Args) => Promise<Result>) =>
    async (...args: Args): Promise<Result> => {
      try {
        return await call(...args);
      } catch (error) {
        // throws what is the matter if Docker is; else the error stands
        if (CulpritError.isInstance(error) && error.code === 'kube-unreachable') await dockerVersion();
        throw error;
      }
    };
  return {
    resources: explained(() => kube.resources()),
    version: explained(() => kube.version()),
    get: explained((...args) => kube.get(...args)),
    list: explained((...args) => kube.list(...args)),
    create: explained((...args) => kube.create(...args)),
    replace: explained((...args) => kube.replace(...args)),
    patch: explained((...args) => kube.patch(...args)),
    delete: explained((...args) => kube.delete(...args)),
    watch: (...args) => kube.watch(...args),
    podLog: explained((...args) => kube.podLog(...args)),
  };
}
