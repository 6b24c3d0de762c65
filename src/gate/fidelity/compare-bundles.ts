import { readSignals } from './bundle-signals.ts';
import { compareSignals } from './compare-signals.ts';
import type { ScenarioFidelity } from './fidelity-report.ts';

/** Bundles of one scenario; all need their private part. */
export interface ComparedBundles {
  readonly embedded: string;
  readonly kind: string;
  /** Further builds on the real cluster: what these differ in is not the embedded cluster's fault. */
  readonly again?: readonly string[];
}

/** Compares what the embedded cluster and a real one show of one scenario. */
export async function compareBundles(
  bundles: ComparedBundles,
  resolutionMs: number,
  signal: AbortSignal,
): Promise<ScenarioFidelity> {
  const embedded = await readSignals(bundles.embedded, signal);
  const kind = await readSignals(bundles.kind, signal);
  const again = [];
  for (const bundle of bundles.again ?? []) again.push(await readSignals(bundle, signal));
  return {
    scenario: kind.scenario,
    embedded: { provider: embedded.provider, kubernetes: embedded.kubernetes },
    kind: { provider: kind.provider, kubernetes: kind.kubernetes },
    signals: compareSignals(embedded, kind, { resolutionMs, again }),
  };
}
