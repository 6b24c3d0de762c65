import type { BundleRule, LintRule, SuiteRule } from './finding.ts';
import { acceptedNeedlessly } from './rules/accepted-needlessly.ts';
import { aliasJoins } from './rules/alias-joins.ts';
import { authorsWords } from './rules/authors-words.ts';
import { bookkeeping } from './rules/bookkeeping.ts';
import { causeEvident } from './rules/cause-evident.ts';
import { causeResolves } from './rules/cause-resolves.ts';
import { descriptionDiffers } from './rules/description-differs.ts';
import { edgeObserved } from './rules/edge-observed.ts';
import { fieldOnlyHere } from './rules/field-only-here.ts';
import { fileSize } from './rules/file-size.ts';
import { kindOnlyHere } from './rules/kind-only-here.ts';
import { labelOnlyHere } from './rules/label-only-here.ts';
import { markOfCause } from './rules/mark-of-cause.ts';
import { newestObject } from './rules/newest-object.ts';
import { objectOnlyHere } from './rules/object-only-here.ts';
import { order } from './rules/order.ts';
import { ownerless } from './rules/ownerless.ts';
import { privateValues } from './rules/private-values.ts';
import { roundTimes } from './rules/round-times.ts';
import { symptomIsCause } from './rules/symptom-is-cause.ts';
import { symptomReached } from './rules/symptom-reached.ts';
import { tellingIdentifier } from './rules/telling-identifier.ts';
import { toldApart } from './rules/told-apart.ts';
import { toolVocabulary } from './rules/tool-vocabulary.ts';
import { unknownFile } from './rules/unknown-file.ts';

/** Every rule, sorted by scope and code; one file each. docs/lint.md is this table as a page. */
export const lintRules: readonly LintRule[] = [
  toolVocabulary,
  tellingIdentifier,
  authorsWords,
  privateValues,
  bookkeeping,
  ownerless,
  newestObject,
  roundTimes,
  order,
  markOfCause,
  unknownFile,
  fileSize,
  kindOnlyHere,
  objectOnlyHere,
  labelOnlyHere,
  fieldOnlyHere,
  descriptionDiffers,
  causeResolves,
  aliasJoins,
  symptomIsCause,
  edgeObserved,
  symptomReached,
  causeEvident,
  toldApart,
  acceptedNeedlessly,
];

export const bundleRules: readonly BundleRule[] = lintRules.filter((rule) => rule.scope === 'bundle');
export const suiteRules: readonly SuiteRule[] = lintRules.filter((rule) => rule.scope === 'suite');
