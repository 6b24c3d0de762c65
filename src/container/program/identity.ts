import { hash32 } from '../../base/random.ts';
import type { HostIdentity } from '../../workload/host.ts';

/** A text file, or undefined where there is none. */
export type ReadText = (path: string) => string | undefined;

/** Share of traces recorded where the environment does not say. */
const usualSampling = 0.1;

/**
 * Who this process is, as far as a container can know: its pod by the usual variable or its host name, its namespace
 * by the resolver's search list, the pod's uid by where its hosts file is mounted from. The node stays empty unless
 * the environment names it: whoever receives telemetry knows it by the sender's address.
 */
export function readIdentity(
  env: Readonly<Record<string, string>>,
  readText: ReadText,
  container: string,
): HostIdentity {
  const pod = env.POD_NAME ?? env.HOSTNAME ?? readText('/etc/hostname')?.trim() ?? container;
  const search = /^search\s+(.*)$/m.exec(readText('/etc/resolv.conf') ?? '')?.[1] ?? '';
  const uid = /\/pods\/([0-9a-f-]{36})\//.exec(readText('/proc/self/mountinfo') ?? '')?.[1];
  const sampling = Number(env.OTEL_TRACES_SAMPLER_ARG ?? usualSampling);
  return {
    seed: hash32(pod),
    namespace: env.POD_NAMESPACE ?? /(?:^|\s)([a-z0-9-]+)\.svc\./.exec(search)?.[1] ?? 'default',
    pod,
    node: env.NODE_NAME ?? '',
    podUid: env.POD_UID ?? uid ?? '',
    container,
    traceSampling: sampling >= 0 && sampling <= 1 ? sampling : usualSampling,
    errorTraceSampling: 0,
  };
}
