/** Which folder of `src/` may import which: the table of ARCHITECTURE.md as data. Imports go down it only. */
export const importTable: Readonly<Record<string, readonly string[]>> = {
  base: [],
  spec: ['base'],
  kube: ['base', 'spec'],
  entity: ['base', 'spec'],
  workload: ['base', 'spec'],
  cluster: ['kube', 'workload', 'spec', 'base'],
  container: ['workload', 'kube', 'spec', 'base'],
  fault: ['kube', 'spec', 'base'],
  capture: ['kube', 'entity', 'spec', 'base', 'cluster/cluster.ts'],
  snapshot: ['entity', 'spec', 'base'],
  scoring: ['entity', 'snapshot', 'spec', 'base'],
  author: ['cluster', 'fault', 'capture', 'snapshot', 'entity', 'workload', 'kube', 'spec', 'base'],
  harness: ['entity', 'snapshot', 'scoring', 'spec', 'base'],
  gate: [
    'author',
    'cluster',
    'fault',
    'capture',
    'snapshot',
    'entity',
    'workload',
    'kube',
    'scoring',
    'harness',
    'spec',
    'base',
  ],
  report: ['gate', 'scoring', 'snapshot', 'spec', 'base'],
  cli: [
    'author',
    'cluster',
    'fault',
    'capture',
    'snapshot',
    'entity',
    'workload',
    'kube',
    'scoring',
    'harness',
    'gate',
    'report',
    'spec',
    'base',
  ],
};

/** Beyond the table: parts of a folder that some importer may not see although it may see the folder. */
export const forbiddenParts: readonly { readonly from: string; readonly to: string; readonly why: string }[] =
  [
    {
      from: 'harness',
      to: 'snapshot/private',
      why: 'what an agent is given must not be able to hold the truth',
    },
  ];

/** Packages that only some folders may load, by the folders that may. */
export const restrictedPackages: Readonly<Record<string, readonly string[]>> = {
  '@kubernetes/client-node': ['kube', 'cluster', 'cli'],
  testcontainers: ['cluster', 'harness', 'cli'],
};
