import type { KubeObject } from '../../kube/objects.ts';

/** What the two pods of a probe run: an image that has `node`, or one that has busybox's `sh`, `nc` and `httpd`. */
export interface ProbeImage {
  readonly image: string;
  readonly has: 'node' | 'sh';
}

const port = 8080;
const partOf = 'connectivity-check';

/** A pod that takes connections, and its Service. */
export function serverObjects(namespace: string, image: ProbeImage): KubeObject[] {
  const script =
    image.has === 'node'
      ? `require('http').createServer((q, r) => r.end('ok')).listen(${port})`
      : `exec httpd -f -p ${port} -h /tmp`;
  const server = pod(namespace, 'server', image, script);
  return [
    {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name: 'server', namespace, labels: labels('server') },
      spec: { selector: labels('server'), ports: [{ name: 'http', port, targetPort: port }] },
    },
    server,
  ];
}

/** A pod that opens a new connection to the server again and again and writes how it went: `name=IP connect=ok`. */
export function clientObject(namespace: string, image: ProbeImage): KubeObject {
  return pod(namespace, 'client', image, image.has === 'node' ? nodeClient : shellClient);
}

/** The two pods may do what they like, also where everything is denied that nobody allows. */
export function allowPolicy(namespace: string): KubeObject {
  return {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'NetworkPolicy',
    metadata: { name: partOf, namespace, labels: { 'app.kubernetes.io/part-of': partOf } },
    spec: {
      podSelector: { matchLabels: { 'app.kubernetes.io/part-of': partOf } },
      policyTypes: ['Ingress', 'Egress'],
      ingress: [{}],
      egress: [{}],
    },
  };
}

/** Makes of it one that lets nobody in: a merge patch. */
export const denyIngress = { spec: { ingress: [] } };

// the Service is there before the client: its address is in the environment, so that a connection needs no DNS
const nodeClient = `
const dns = require('dns').promises, net = require('net');
const connect = (host) => new Promise((resolve) => {
  const socket = net.connect({ host, port: ${port}, timeout: 1500 });
  socket.on('connect', () => { socket.destroy(); resolve('ok'); });
  socket.on('timeout', () => { socket.destroy(); resolve('timeout'); });
  socket.on('error', (error) => resolve(error.code));
});
const look = async () => {
  const name = await dns.lookup('server').then((found) => found.address, (error) => error.code);
  console.log('name=' + name + ' connect=' + await connect(process.env.SERVER_SERVICE_HOST));
  setTimeout(look, 500);
};
look();
`;

const shellClient = `
while true; do
  if nslookup "server.$POD_NAMESPACE.svc.cluster.local" >/dev/null 2>&1 || ping -c 1 -W 1 server 2>&1 | grep -q PING
  then name=found; else name=ENOTFOUND; fi
  if nc -z -w 2 "$SERVER_SERVICE_HOST" ${port} >/dev/null 2>&1; then connect=ok; else connect=failed; fi
  echo "name=$name connect=$connect"
  sleep 1
done
`;

function labels(name: string): Record<string, string> {
  return { 'app.kubernetes.io/name': name, 'app.kubernetes.io/part-of': partOf };
}

function pod(namespace: string, name: string, { image, has }: ProbeImage, script: string): KubeObject {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace, labels: labels(name) },
    spec: {
      automountServiceAccountToken: false,
      terminationGracePeriodSeconds: 0,
      securityContext: { runAsNonRoot: true, runAsUser: 65534, seccompProfile: { type: 'RuntimeDefault' } },
      containers: [
        {
          name: 'check',
          image,
          imagePullPolicy: 'IfNotPresent',
          command: has === 'node' ? ['node', '-e', script] : ['sh', '-c', script],
          env: [{ name: 'POD_NAMESPACE', valueFrom: { fieldRef: { fieldPath: 'metadata.namespace' } } }],
          resources: { requests: { cpu: '10m', memory: '32Mi' }, limits: { cpu: '500m', memory: '128Mi' } },
          securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] } },
          ...(name === 'server'
            ? { readinessProbe: { tcpSocket: { port }, periodSeconds: 1, timeoutSeconds: 1 } }
            : {}),
        },
      ],
    },
  };
}
