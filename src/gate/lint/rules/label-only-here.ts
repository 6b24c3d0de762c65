import { labelFeature } from '../cause-features.ts';
import type { SuiteRule } from '../finding.ts';
import { onlyWhereCausesSetIt } from '../only-here.ts';

export const labelOnlyHere: SuiteRule = {
  scope: 'suite',
  code: 'LEK103',
  name: 'label-only-here',
  finds: 'labels and annotations set by causes that only tasks have whose causes set them',
  why: 'they mark the touched object',
  check: onlyWhereCausesSetIt(labelFeature, (label) => label),
};
