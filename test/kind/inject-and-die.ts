/**
 * Injects operations on a real cluster and kills itself, hard, around the given call of the API. Arguments: kubeconfig,
 * namespace, number of the call (even: before it is sent, odd: after it was answered; beyond the last: never).
 */
import { connectCluster } from '../../src/cli/connect-cluster.ts';
import { Injection } from '../../src/fault/injector.ts';
import type { KubeClient } from '../../src/kube/client.ts';
import { killOperations } from './kill-operations.ts';

const [kubeconfig = '', namespace = '', at = ''] = process.argv.slice(2);
let moments = 0;
const pass = () => {
  if (moments++ === Number(at)) process.kill(process.pid, 'SIGKILL');
};
const io = { env: process.env, cwd: process.cwd() } as Parameters<typeof connectCluster>[1];
await using cluster = await connectCluster({ kubeconfig }, io);
const kube = new Proxy(cluster.target.kube, {
  get(target, name: keyof KubeClient) {
    const member = target[name] as (...args: unknown[]) => unknown;
    return async (...args: unknown[]) => {
      pass();
      const answer = await member.apply(target, args);
      pass();
      return answer;
    };
  },
});
await using injection = await Injection.open(cluster.journal, { ...cluster.target, kube });
for (const operation of killOperations(namespace)) await injection.execute(operation);
process.stdout.write(String(moments));
