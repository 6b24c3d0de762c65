import { causeFeatures, type FeatureKind, featuresOf } from './cause-features.ts';
import type { Found, SuiteRule } from './finding.ts';
import type { LintedBundle } from './linted-bundle.ts';

type Check = SuiteRule['check'];

/**
 * A rule over a suite: what cause operations set and only tasks have in which causes set it. A task that has it for
 * another reason, or a twin-like one without these causes, takes the point away.
 */
export function onlyWhereCausesSetIt(kind: FeatureKind, what: (feature: string) => string): Check {
  return function* (bundles: readonly LintedBundle[]): Generator<Found & { readonly bundle: LintedBundle }> {
    const set = new Map(bundles.map((bundle) => [bundle, causeFeatures(bundle, kind)]));
    const has = new Map(
      bundles.map((bundle) => [
        bundle,
        featuresOf(
          bundle.objects.map(({ value }) => value),
          kind,
        ),
      ]),
    );
    for (const bundle of bundles)
      for (const { feature, entity, line } of set.get(bundle) ?? []) {
        const elsewhere = bundles.some(
          (other) =>
            other !== bundle &&
            has.get(other)?.has(feature) &&
            !set.get(other)?.some((own) => own.feature === feature),
        );
        if (!elsewhere)
          yield {
            bundle,
            file: 'public/objects.jsonl',
            line,
            message: `${entity}: ${what(feature)} is in no other task whose causes did not set it`,
          };
      }
  };
}
