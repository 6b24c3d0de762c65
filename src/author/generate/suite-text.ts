import { stringify } from 'yaml';
import type { ScenarioTemplate } from '../../spec/template.ts';
import type { TriedVariant } from './record.ts';

/** The text of a suite file beside the variants that were kept. */
export function suiteText({ metadata }: ScenarioTemplate, kept: readonly TriedVariant[]): string {
  return stringify(
    {
      apiVersion: 'culprit.dev/v1',
      kind: 'Suite',
      metadata: { name: metadata.name, summary: metadata.summary, version: metadata.version },
      scenarios: kept.map(({ name }) => `${name}.yaml`),
    },
    { lineWidth: 110 },
  );
}
