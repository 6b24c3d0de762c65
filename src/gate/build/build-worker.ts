/** Entry point of a build worker: the pipeline with the lints as its gate. */
import { serveBuilds } from '../../author/build-worker.ts';
import { lintBundles } from '../lint/lint-bundles.ts';

serveBuilds(async (bundle) =>
  (await lintBundles([bundle])).flatMap(({ findings }) =>
    findings.map((finding) => ({ ...finding, message: `${finding.rule}: ${finding.message}` })),
  ),
);
