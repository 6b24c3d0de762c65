import { rfc3339 } from '../../../base/clock.ts';
import { literally } from '../../../base/literally.ts';
import type { BundleRule } from '../finding.ts';
import type { LintedBundle } from '../linted-bundle.ts';
import { scan } from '../scan.ts';

/** Files that describe; a moment in logs, metrics, spans, events and alerts is evidence. */
const describing = [
  'public/README.md',
  'public/alert-rules.yaml',
  'public/topology.json',
  'public/objects.jsonl',
];

export const privateValues: BundleRule = {
  scope: 'bundle',
  code: 'LEK004',
  name: 'private-values',
  finds:
    'seed, salt and digests of the private part in any file; the exact moment the incident begins in files that describe',
  why: 'from the seed everything follows, and the moment halves the work',
  *check(bundle) {
    const files = [...bundle.files, { path: 'manifest.json', text: bundle.manifestText }];
    const secrets = secretsOf(bundle);
    if (secrets.length > 0)
      yield* scan(
        files,
        new RegExp(secrets.map(literally).join('|'), 'gi'),
        () => 'has a value of the private part',
      );
    const { incidentMs } = bundle.truth ?? {};
    if (incidentMs === undefined) return;
    yield* scan(
      files.filter(({ path }) => path === 'manifest.json' || describing.includes(path)),
      new RegExp(literally(rfc3339(incidentMs)), 'g'),
      (time) => `has the moment the incident begins, ${time}`,
    );
  },
};

function secretsOf({ truth }: LintedBundle): readonly string[] {
  const found: string[] = [];
  const visit = (value: unknown): void => {
    if (typeof value === 'string') {
      const hex = value.replace(/^sha256:/, '');
      if (/^[0-9a-f]{32,}$/.test(hex)) found.push(hex);
    } else if (typeof value === 'object' && value !== null) Object.values(value).forEach(visit);
  };
  visit(truth?.provenance);
  return [...new Set(found)];
}
