import { readSignals } from './bundle-signals.ts';
import { compareSignals } from './compare-signals.ts';
import type { ScenarioFidelity } from './fidelity-report.ts';

/** Compares two bundles of one scenario, the embedded cluster's and a real one's; both need their private part. */
export async function compareBundles(
  embedded: string,
  kind: string,
  signal: AbortSignal,
): Promise<ScenarioFidelity> {
  const [first, second] = [await readSignals(embedded, signal), await readSignals(kind, signal)];
  return {
    scenario: second.scenario,
    embedded: { provider: first.provider, kubernetes: first.kubernetes },
    kind: { provider: second.provider, kubernetes: second.kubernetes },
    signals: compareSignals(first, second),
  };
}
