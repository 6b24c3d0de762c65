import { execIn, type NodeContainer } from './docker.ts';

/** In FORWARD: kube-proxy's refusals for Services without endpoints. */
const refusals =
  '-m conntrack --ctstate NEW -m comment --comment "services without endpoints" -j KUBE-SERVICES';

/**
 * Has kube-proxy refuse connections to Services without endpoints before network policies are asked, as it is on current
 * kind. The network daemon of the offline node image drops such packets first, for a Service's address is no pod's, and
 * callers would wait instead of being refused. Does nothing on nodes with another network plug-in.
 */
export async function refuseUnserved(nodes: readonly NodeContainer[]): Promise<void> {
  const script = [
    'iptables -w -n -L NETD-POLICY > /dev/null 2>&1 || exit 0',
    'iptables -w -n -L KUBE-SERVICES > /dev/null 2>&1 || exit 0',
    `iptables -w -C FORWARD ${refusals} 2> /dev/null && exit 0`,
    `iptables -w -I FORWARD 1 ${refusals}`,
  ].join('\n');
  await Promise.all(
    nodes
      .filter(({ isRunning }) => isRunning)
      .map(({ id }) => execIn(id, ['sh', '-c', script], { timeoutMs: 60_000 })),
  );
}
