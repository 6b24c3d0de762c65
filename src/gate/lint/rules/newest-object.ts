import { nameOfObject } from '../../../entity/entity-name.ts';
import type { BundleRule } from '../finding.ts';

/** As many others must have come in the window, too, for a new object not to stand out. */
const company = 3;

export const newestObject: BundleRule = {
  scope: 'bundle',
  code: 'LEK007',
  name: 'newest-object',
  finds: `a cause whose object was created in the window when fewer than ${company} other objects were that no controller makes`,
  why: 'sorting by creation time gives the answer',
  *check({ truth, objects, universe, manifest }) {
    const start = Date.parse(manifest.window.start);
    const causes = new Set(truth?.groundTruth.rootCauses.map(({ entity }) => entity));
    const young = objects.filter(({ value }) => {
      const self = nameOfObject(value);
      return universe.fold(self) === self && Date.parse(value.metadata.creationTimestamp ?? '') >= start;
    });
    const others = young.filter(({ value }) => !causes.has(nameOfObject(value)));
    if (others.length >= company) return;
    for (const { line, value } of young)
      if (causes.has(nameOfObject(value)))
        yield {
          file: 'public/objects.jsonl',
          line,
          message: `${nameOfObject(value)} was created at ${value.metadata.creationTimestamp}, when ${others.length} other objects were`,
          hint: 'let the fault change an object that is there already, or cover create others',
        };
  },
};
