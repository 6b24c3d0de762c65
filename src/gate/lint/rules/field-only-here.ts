import { fieldFeature } from '../cause-features.ts';
import type { SuiteRule } from '../finding.ts';
import { onlyWhereCausesSetIt } from '../only-here.ts';

export const fieldOnlyHere: SuiteRule = {
  scope: 'suite',
  code: 'LEK104',
  name: 'field-only-here',
  finds:
    'fields set by causes (and words of the API such as `Recreate` in them) that no object of the kind has in any task whose causes did not set them',
  why: 'a field that is only ever there when it is at fault marks the object',
  check: onlyWhereCausesSetIt(fieldFeature, (field) => field),
};
