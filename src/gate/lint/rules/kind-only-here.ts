import { kindFeature } from '../cause-features.ts';
import type { SuiteRule } from '../finding.ts';
import { onlyWhereCausesSetIt } from '../only-here.ts';

export const kindOnlyHere: SuiteRule = {
  scope: 'suite',
  code: 'LEK101',
  name: 'kind-only-here',
  finds: 'a kind of object touched by causes that only tasks have whose causes touch it',
  why: 'a ResourceQuota that is only ever there when it is at fault gives the answer away',
  check: onlyWhereCausesSetIt(kindFeature, (kind) => `a ${kind}`),
};
