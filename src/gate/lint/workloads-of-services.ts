import type { LintedBundle } from './linted-bundle.ts';

/** The entities a service name of the topology or of a span stands for: its workload, and the Service itself. */
export function workloadsOfServices({
  topology,
  universe,
}: Pick<LintedBundle, 'topology' | 'universe'>): (service: string) => readonly string[] {
  const known = new Map<string, string[]>();
  const add = (name: string, entity: string) => {
    const there = known.get(name) ?? [];
    if (!there.includes(entity)) there.push(entity);
    known.set(name, there);
  };
  for (const { name, namespace, workload } of topology.services) {
    const candidates = [
      ...(workload === undefined
        ? ['Deployment', 'StatefulSet', 'DaemonSet'].map((kind) => `${namespace}/${kind}/${name}`)
        : [workload]),
      `${namespace}/Service/${name}`,
    ];
    for (const entity of candidates)
      if (universe.find(entity) !== undefined)
        for (const key of [name, `${namespace}/${name}`, `${name}.${namespace}`]) add(key, entity);
  }
  return (service) => known.get(service) ?? [];
}
