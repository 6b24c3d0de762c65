import { objectFeature } from '../cause-features.ts';
import type { SuiteRule } from '../finding.ts';
import { onlyWhereCausesSetIt } from '../only-here.ts';

export const objectOnlyHere: SuiteRule = {
  scope: 'suite',
  code: 'LEK102',
  name: 'object-only-here',
  finds: 'an object created by a cause that no other task of the suite has',
  why: 'who has seen two tasks of the suite sees what is new in the third',
  check: onlyWhereCausesSetIt(objectFeature, () => 'an object of this name'),
};
