import type { BundleRule } from '../finding.ts';
import { scan } from '../scan.ts';

/** Words that nobody writes who does not break things on purpose, wherever they stand. */
const words = [
  'culprit',
  'chaos[a-z]*',
  'litmus[a-z]*',
  'krkn',
  'toxiproxy',
  'powerfulseal',
  'pumba',
  'gremlin',
  'flagd',
  'openfeature',
  'feature[ _.-]?flags?',
  'fault[ _-]?inject[a-z]*',
  'inject(?:ed|ing)?[ _-](?:an? )?(?:fault|failure|error|latency|delay)s?',
  'ground[ _-]?truth',
  'root[ _-]?causes?',
  'sabotag[a-z]*',
  'itbench',
  'sregym',
  'aiopslab',
];
const pattern = new RegExp(`(?<![a-z])(?:${words.join('|')})(?![a-z])`, 'gi');

export const toolVocabulary: BundleRule = {
  scope: 'bundle',
  code: 'LEK001',
  name: 'tool-vocabulary',
  finds:
    'words of fault injection, its tools and feature-flag systems, and of this toolkit, in any file or file name',
  why: 'an answer that grep finds is no diagnosis',
  *check({ files }) {
    for (const { path } of files)
      for (const [word] of path.matchAll(pattern))
        yield { file: path, line: 1, message: `the file's name has "${word}"` };
    yield* scan(files, pattern, (word) => `has "${word}"`);
  },
};
