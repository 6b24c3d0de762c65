import { stringify } from 'yaml';

/** What a new scenario file says; durations and shares as texts and numbers of the file. */
export interface ScenarioDraft {
  readonly name: string;
  readonly summary: string;
  readonly application: string;
  readonly cluster: string;
  readonly category?: string | undefined;
  readonly tags?: readonly string[] | undefined;
  readonly faults: readonly { readonly fault: string; readonly args: unknown }[];
  readonly seed: string;
}

/** The text of a scenario file for people to go on from: every part they may want to change, with a word about it. */
export function scenarioText(draft: ScenarioDraft): string {
  const metadata = {
    name: draft.name,
    summary: draft.summary,
    ...(draft.category && { category: draft.category }),
    ...(draft.tags?.length && { tags: draft.tags }),
    split: 'public',
    version: 1,
  };
  const faults = draft.faults.map(({ fault, args }) => ({ fault, args }));
  return `apiVersion: culprit.dev/v1
kind: Scenario
${stringify({ metadata })}domain: sre
application: ${draft.application}
cluster: ${draft.cluster}

# Only the end of the warm-up, the baseline and the incident are recorded. The incident has to be longer than the "for"
# of the alerts it is to raise.
timeline:
  warmUp: 5m
  baseline: 10m
  incident: 15m
telemetry:
  traceSampling: 0.05

# culprit fault list; culprit fault show NAME
${stringify({ faults })}
# The same seed gives the same bytes. Leave it out for a held-out task.
seed: ${stringify(draft.seed)}`;
}
