/** What a cluster can do; a scenario whose faults need what is missing is refused before anything is touched. */
export type Capability =
  | 'network-policy' // a NetworkPolicy really blocks new connections
  | 'dns'
  | 'metrics' // container metrics flow
  | 'hpa-metrics' // metrics.k8s.io is served
  | 'node-control' // a node's kubelet can be stopped and started
  | 'load-control'; // the offered load can be changed

export const capabilities: readonly Capability[] = [
  'network-policy',
  'dns',
  'metrics',
  'hpa-metrics',
  'node-control',
  'load-control',
];
