import { jsonEqual } from '../../../../base/json.ts';
import { child, type Fields, items, text } from '../fields.ts';
import { type LabelSelector, matchesSelector } from '../selectors.ts';
import { type FieldError, forbiddenField, invalid, notSupported, required } from '../status-error.ts';
import { checkLabels } from './names.ts';
import { atLeast, oneOf, validatePodSpec } from './validate-pod.ts';

/** What Deployments, ReplicaSets, StatefulSets and DaemonSets have in common: selector and template. */
export function validateWorkload(spec: Fields): FieldError[] {
  const errors: FieldError[] = atLeast(spec, 'replicas', 'spec', 0);
  const selector = child(spec, 'selector');
  const template = child(spec, 'template');
  const labels = child(child(template, 'metadata'), 'labels');
  if (selector === undefined) errors.push(required('spec.selector'));
  else {
    errors.push(...validateSelector(selector, 'spec.selector'));
    if (
      Object.keys(child(selector, 'matchLabels') ?? {}).length +
        items(selector, 'matchExpressions').length ===
      0
    )
      errors.push(invalid('spec.selector', selector, 'empty selector is invalid for deployment'));
  }
  errors.push(...checkLabels('spec.template.labels', labels));
  if (
    !matchesSelector((selector ?? {}) as LabelSelector, labels as Record<string, string> | undefined) ||
    selector === undefined
  )
    errors.push(
      invalid('spec.template.metadata.labels', labels ?? null, '`selector` does not match template `labels`'),
    );
  const podSpec = child(template, 'spec');
  errors.push(...validatePodSpec(podSpec, 'spec.template.spec'));
  if (podSpec !== undefined && podSpec['restartPolicy'] !== 'Always')
    errors.push(notSupported('spec.template.spec.restartPolicy', podSpec['restartPolicy'], ['Always']));
  for (const name of ['minReadySeconds', 'revisionHistoryLimit', 'progressDeadlineSeconds'])
    errors.push(...atLeast(spec, name, 'spec', 0));
  return errors;
}

export function validateSelector(selector: Fields, at: string): FieldError[] {
  const errors = checkLabels(`${at}.matchLabels`, child(selector, 'matchLabels'));
  items(selector, 'matchExpressions').forEach((expression, i) => {
    const where = `${at}.matchExpressions[${i}]`;
    const operator = text(expression, 'operator');
    const values = expression['values'];
    const count = Array.isArray(values) ? values.length : 0;
    if (!['In', 'NotIn', 'Exists', 'DoesNotExist'].includes(operator))
      errors.push(invalid(`${where}.operator`, operator, 'not a valid selector operator'));
    if ((operator === 'In' || operator === 'NotIn') && count === 0)
      errors.push(required(`${where}.values`, "must be specified when `operator` is 'In' or 'NotIn'"));
    if ((operator === 'Exists' || operator === 'DoesNotExist') && count > 0)
      errors.push(
        forbiddenField(
          `${where}.values`,
          "may not be specified when `operator` is 'Exists' or 'DoesNotExist'",
        ),
      );
  });
  return errors;
}

export function validateDeployment(spec: Fields, old: Fields | undefined): FieldError[] {
  const errors = validateWorkload(spec);
  const strategy = child(spec, 'strategy') ?? {};
  errors.push(...oneOf(strategy, 'type', 'spec.strategy', ['Recreate', 'RollingUpdate']));
  const rolling = child(strategy, 'rollingUpdate');
  if (strategy['type'] === 'Recreate' && rolling !== undefined)
    errors.push(
      forbiddenField(
        'spec.strategy.rollingUpdate',
        "may not be specified when strategy `type` is 'Recreate'",
      ),
    );
  if (rolling !== undefined) {
    for (const name of ['maxUnavailable', 'maxSurge'])
      errors.push(...intOrPercent(rolling[name], `spec.strategy.rollingUpdate.${name}`));
    if (isZero(rolling['maxUnavailable']) && isZero(rolling['maxSurge']))
      errors.push(
        invalid(
          'spec.strategy.rollingUpdate.maxUnavailable',
          rolling['maxUnavailable'],
          'may not be 0 when `maxSurge` is 0',
        ),
      );
  }
  const deadline = spec['progressDeadlineSeconds'];
  if (typeof deadline === 'number' && deadline <= Number(spec['minReadySeconds'] ?? 0))
    errors.push(invalid('spec.progressDeadlineSeconds', deadline, 'must be greater than minReadySeconds'));
  errors.push(...unchanged(spec, old, 'selector'));
  return errors;
}

function isZero(value: unknown): boolean {
  return value === 0 || value === '0%';
}

export function intOrPercent(value: unknown, at: string): FieldError[] {
  if (value === undefined) return [];
  if (typeof value === 'number')
    return value < 0 ? [invalid(at, value, 'must be greater than or equal to 0')] : [];
  return /^\d+%$/.test(String(value))
    ? []
    : [
        invalid(
          at,
          value,
          "a valid percent string must be a numeric string followed by an ending '%' (e.g. '1%',  or '93%', regex used for validation is '[0-9]+%')",
        ),
      ];
}

/** Complains when a field of the spec that may not change does. */
export function unchanged(spec: Fields, old: Fields | undefined, name: string): FieldError[] {
  return old === undefined || jsonEqual(spec[name], old[name])
    ? []
    : [invalid(`spec.${name}`, spec[name], 'field is immutable')];
}

const statefulSetChanges = [
  'replicas',
  'ordinals',
  'template',
  'updateStrategy',
  'revisionHistoryLimit',
  'persistentVolumeClaimRetentionPolicy',
  'minReadySeconds',
];

export function validateStatefulSet(spec: Fields, old: Fields | undefined): FieldError[] {
  const errors = validateWorkload(spec);
  errors.push(...oneOf(spec, 'podManagementPolicy', 'spec', ['OrderedReady', 'Parallel']));
  errors.push(
    ...oneOf(child(spec, 'updateStrategy') ?? {}, 'type', 'spec.updateStrategy', [
      'RollingUpdate',
      'OnDelete',
    ]),
  );
  if (old === undefined) return errors;
  const fixed = (s: Fields) =>
    Object.fromEntries(Object.entries(s).filter(([name]) => !statefulSetChanges.includes(name)));
  if (!jsonEqual(fixed(spec), fixed(old)))
    errors.push(
      forbiddenField(
        'spec',
        "updates to statefulset spec for fields other than 'replicas', 'ordinals', 'template', 'updateStrategy', 'revisionHistoryLimit', 'persistentVolumeClaimRetentionPolicy' and 'minReadySeconds' are forbidden",
      ),
    );
  return errors;
}
