import { PrerequisiteError } from '../base/errors.ts';
import type { Cluster } from '../cluster/cluster.ts';
import { catalogue } from '../fault/catalogue.ts';
import type { Capability } from '../spec/capability.ts';
import type { Scenario } from '../spec/scenario.ts';

/** What a cluster was found to do, by trying. */
export type Probed = ReadonlyMap<Capability, { readonly works: boolean; readonly detail: string }>;

/**
 * Refuses a scenario whose faults need what the cluster cannot do, before anything is touched; `probe` is asked only
 * where a fault needs something. PrerequisiteError with everything that is missing.
 */
export async function requireCapabilities(
  scenario: Scenario,
  cluster: Pick<Cluster, 'provider' | 'profile'>,
  probe: () => Promise<Probed>,
): Promise<void> {
  const needs = scenario.faults.flatMap(({ fault }) =>
    catalogue.get(fault).requires.map((capability) => ({ fault, capability })),
  );
  if (needs.length === 0) return;
  const found = await probe();
  const missing = needs.filter(({ capability }) => found.get(capability)?.works !== true);
  if (missing.length === 0) return;
  throw new PrerequisiteError(
    'capability-missing',
    `${scenario.metadata.name} cannot run on ${cluster.profile.name}: ${missing
      .map(
        ({ fault, capability }) =>
          `${fault} needs ${capability} (${found.get(capability)?.detail ?? 'not known here'})`,
      )
      .join('; ')}`,
    { hint: '`culprit cluster probe` tells what a cluster can do' },
  );
}
