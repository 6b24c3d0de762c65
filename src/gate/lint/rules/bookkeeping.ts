import { leaves, pathText } from '../field-leaves.ts';
import type { BundleRule } from '../finding.ts';

const counters = new Set(['resourceVersion', 'managedFields', 'generation', 'observedGeneration']);
/** Places where such a word is the API's and not a name somebody chose. */
const places = new Set(['metadata', 'status', 'involvedObject', 'related', 'targetRef']);

export const bookkeeping: BundleRule = {
  scope: 'bundle',
  code: 'LEK005',
  name: 'bookkeeping',
  finds:
    'resource versions, generations, managed fields and the last applied configuration in objects and events',
  why: 'they order objects by when they were touched, count edits, name the editor, or hold the state before',
  *check({ objects, events, files }) {
    for (const [file, lines] of [
      ['public/objects.jsonl', objects],
      ['public/events.jsonl', events],
    ] as const)
      for (const { line, value } of lines) {
        const reported = new Set<string>();
        for (const { path } of leaves(value)) {
          const at = path.findIndex((name, index) => counters.has(name) && places.has(path[index - 1] ?? ''));
          const field = at < 0 ? '' : pathText(path.slice(0, at + 1));
          if (field === '' || reported.has(field)) continue;
          reported.add(field);
          yield { file, line, message: `has ${field}` };
        }
      }
    for (const { path, text } of files) {
      const at = path.endsWith('.jsonl')
        ? text.indexOf('kubectl.kubernetes.io/last-applied-configuration')
        : -1;
      if (at >= 0)
        yield {
          file: path,
          line: text.slice(0, at).split('\n').length,
          message: 'has a last applied configuration',
        };
    }
  },
};
