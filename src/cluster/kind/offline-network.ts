import { type NodeContainer, onRunningNodes } from './docker.ts';

/** In FORWARD: kube-proxy's refusals for Services without endpoints. */
const refusals =
  '-m conntrack --ctstate NEW -m comment --comment "services without endpoints" -j KUBE-SERVICES';
/** In POSTROUTING, where addresses and ways are final: this node's pods are never behind the node's own interface. */
const strays = '-d "$1" -o eth0 -m comment --comment "nobody there" -j DROP';

const script = [
  'iptables -w -n -L NETD-POLICY > /dev/null 2>&1 || exit 0',
  'iptables -w -n -L KUBE-SERVICES > /dev/null 2>&1 || exit 0',
  `iptables -w -C FORWARD ${refusals} 2> /dev/null || iptables -w -I FORWARD 1 ${refusals}`,
  'lose() {',
  '  [ -n "$1" ] || return 0',
  `  iptables -w -t mangle -C POSTROUTING ${strays} 2> /dev/null || iptables -w -t mangle -A POSTROUTING ${strays}`,
  '}',
  `lose "$(sed -n 's/.*"subnet":"\\([^"]*\\)".*/\\1/p' /etc/cni/net.d/10-kind.conflist)"`,
  // only control planes have this file, and only the API server kept such connections
  `lose "$(sed -n 's/.*--service-cluster-ip-range=\\([^," ]*\\).*/\\1/p' /etc/kubernetes/manifests/kube-apiserver.yaml 2> /dev/null)"`,
].join('\n');

/**
 * Makes the network of the offline node image behave as that of current kind on an ordinary machine; does nothing on nodes
 * with another network plug-in.
 *
 * - Connections to Services without endpoints are refused. Its daemon drops such packets before kube-proxy sees them, for a
 *   Service's address is no pod's, and callers would wait.
 * - Packets to pods that are gone, and to Services before kube-proxy knows them, are lost. They would leave the machine, and
 *   something there may answer: seen were probes of ended pods with status 404, and, after Docker was started again, an API
 *   server that stayed connected to whatever is outside instead of to the metrics API.
 */
export async function mendOfflineNetwork(nodes: readonly NodeContainer[]): Promise<void> {
  await onRunningNodes(nodes, script, { timeoutMs: 60_000 });
}
