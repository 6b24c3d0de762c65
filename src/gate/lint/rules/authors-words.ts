import { literally } from '../../../base/literally.ts';
import { catalogue } from '../../../fault/catalogue.ts';
import { distractors } from '../../../fault/distractors.ts';
import type { BundleRule } from '../finding.ts';
import type { LintedBundle } from '../linted-bundle.ts';
import { scan, wholeWords } from '../scan.ts';

export const authorsWords: BundleRule = {
  scope: 'bundle',
  code: 'LEK003',
  name: 'authors-words',
  finds:
    'names of mechanisms, the name and summary of the scenario, ids of its faults, and summaries of its operations in any file or file name, the manifest and the name of the folder',
  why: 'they name or describe the answer',
  *check(bundle) {
    const files = [...bundle.files, { path: 'manifest.json', text: bundle.manifestText }];
    const names = wholeWords([...catalogue.names(), ...distractors.names(), ...namesOf(bundle)]);
    if (names) {
      for (const [word] of (bundle.path.split('/').at(-1) ?? '').matchAll(names))
        yield { file: '.', line: 1, message: `the bundle's folder has "${word}"` };
      for (const { path } of files)
        for (const [word] of path.matchAll(names))
          yield { file: path, line: 1, message: `the file's name has "${word}"` };
      yield* scan(files, names, (word) => `has the name "${word}"`);
    }
    const sentences = sentencesOf(bundle);
    if (sentences.length > 0)
      yield* scan(
        files,
        new RegExp(sentences.flatMap(asWritten).map(literally).join('|'), 'gi'),
        (text) => `has the author's words "${text.slice(0, 80)}"`,
      );
  },
};

/** Only names of several words: a fault called `search` says no more than the service it is about. */
function namesOf({ truth, universe }: LintedBundle): readonly string[] {
  if (truth === undefined) return [];
  const scenario = truth.provenance['scenario'] as { readonly name?: unknown } | undefined;
  const objects = new Set(universe.members.map(({ ref }) => ref.name));
  const ids = truth.operations.map(({ origin }) => origin).filter(({ type }) => type !== 'cover');
  return [
    scenario?.name,
    ...ids.map(({ id }) => id),
    ...truth.groundTruth.rootCauses.map(({ fault }) => fault),
  ]
    .filter((name) => typeof name === 'string')
    .filter((name) => name.includes('-') && !objects.has(name));
}

/** A text as it stands in prose and as it stands in JSON. */
function asWritten(text: string): readonly string[] {
  return [...new Set([text, JSON.stringify(text).slice(1, -1)])];
}

function sentencesOf({ truth }: LintedBundle): readonly string[] {
  if (truth === undefined) return [];
  const scenario = truth.provenance['scenario'] as { readonly summary?: unknown } | undefined;
  const summaries = [
    scenario?.summary,
    ...truth.operations.map(({ summary }) => summary),
    ...truth.groundTruth.rootCauses.map(({ summary }) => summary),
    ...truth.groundTruth.distractors.map(({ summary }) => summary),
  ];
  return [...new Set(summaries)].filter(
    (text): text is string => typeof text === 'string' && text.length >= 16,
  );
}
