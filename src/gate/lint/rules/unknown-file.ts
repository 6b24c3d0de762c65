import type { BundleRule } from '../finding.ts';

const known =
  /^public\/(?:README\.md|alert-rules\.yaml|topology\.json|(?:alerts|changes|events|objects|traces)\.jsonl|metrics\/[^/]+\.tsv|logs\/[^/]+\/[^/]+\/[^/]+\.log)$/;

export const unknownFile: BundleRule = {
  scope: 'bundle',
  code: 'LEK011',
  name: 'unknown-file',
  finds: 'files in public/ that bundles do not have',
  why: 'nobody has looked at what such a file tells',
  *check({ files }) {
    for (const file of files)
      if (!known.test(file.path))
        yield {
          file: file.path,
          line: 1,
          message: 'is no file of a bundle',
          hint: 'docs/bundle.md lists them',
        };
  },
};
