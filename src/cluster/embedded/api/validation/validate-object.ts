import { jsonEqual } from '../../../../base/json.ts';
import type { KubeObject } from '../../../../kube/objects.ts';
import { child, type Fields, items, text } from '../fields.ts';
import { parseQuantity } from '../quantity.ts';
import type { ResourceDefinition } from '../resources.ts';
import { type FieldError, forbiddenField, invalid, invalidObject, required } from '../status-error.ts';
import {
  checkLabel,
  checkLabels,
  checkPathSegment,
  checkQualifiedName,
  checkServiceName,
  checkSubdomain,
} from './names.ts';
import { unsupportedMetrics } from './unsupported.ts';
import { validateNetworkPolicy, validateService } from './validate-network.ts';
import { oneOf, validatePodSpec, validatePodUpdate } from './validate-pod.ts';
import {
  intOrPercent,
  unchanged,
  validateDeployment,
  validateSelector,
  validateStatefulSet,
  validateWorkload,
} from './validate-workload.ts';

type Validator = (spec: Fields, draft: KubeObject, old: KubeObject | undefined) => FieldError[];
const specOf = (object: KubeObject | undefined) => child(object, 'spec');

const validators: Record<string, Validator> = {
  pods: (spec, _draft, old) => [
    ...validatePodSpec(spec, 'spec'),
    ...(old === undefined ? [] : validatePodUpdate(spec, specOf(old) ?? {})),
  ],
  'deployments.apps': (spec, _draft, old) => validateDeployment(spec, specOf(old)),
  'replicasets.apps': (spec, _draft, old) => [
    ...validateWorkload(spec),
    ...unchanged(spec, specOf(old), 'selector'),
  ],
  'daemonsets.apps': (spec, _draft, old) => [
    ...validateWorkload(spec),
    ...unchanged(spec, specOf(old), 'selector'),
  ],
  'statefulsets.apps': (spec, _draft, old) => validateStatefulSet(spec, specOf(old)),
  services: (spec, _draft, old) => validateService(spec, specOf(old)),
  'networkpolicies.networking.k8s.io': (spec) => validateNetworkPolicy(spec),
  configmaps: (_spec, draft, old) => validateConfig(draft, old, ['data', 'binaryData']),
  secrets: (_spec, draft, old) => [
    ...validateConfig(draft, old, ['data']),
    ...(old !== undefined && draft['type'] !== old['type']
      ? [invalid('type', draft['type'], 'field is immutable')]
      : []),
  ],
  resourcequotas: (spec) => validateQuota(spec),
  limitranges: (spec) => validateLimitRange(spec),
  'horizontalpodautoscalers.autoscaling': (spec) => validateAutoscaler(spec),
  'poddisruptionbudgets.policy': (spec) => validateBudget(spec),
  persistentvolumeclaims: (spec) => validateClaim(spec),
  'priorityclasses.scheduling.k8s.io': (_spec, draft, old) =>
    old !== undefined && draft['value'] !== old['value']
      ? [invalid('value', draft['value'], 'field is immutable')]
      : [],
  'rolebindings.rbac.authorization.k8s.io': validateBinding,
  'clusterrolebindings.rbac.authorization.k8s.io': validateBinding,
  events: (_spec, draft) => {
    const about = text(child(draft, 'involvedObject'), 'namespace');
    return (about === '' ? 'default' : about) === draft.metadata.namespace
      ? []
      : [invalid('involvedObject.namespace', about, 'does not match event.namespace')];
  },
};

/** Refuses what the API server refuses, with all complaints at once (422). */
export function validateObject(
  definition: ResourceDefinition,
  draft: KubeObject,
  old: KubeObject | undefined,
): void {
  const errors = [
    ...validateMetadata(definition, draft),
    ...(validators[definition.key]?.(child(draft, 'spec') ?? {}, draft, old) ?? []),
  ];
  if (errors.length > 0) throw invalidObject(definition, draft.metadata.name, errors);
}

function validateMetadata(definition: ResourceDefinition, { metadata }: KubeObject): FieldError[] {
  if (metadata.name === '') return [required('metadata.name', 'name or generateName is required')];
  const errors: FieldError[] = [];
  const check = definition.group.startsWith('rbac')
    ? checkPathSegment
    : definition.key === 'services'
      ? checkServiceName
      : definition.key === 'namespaces'
        ? checkLabel
        : checkSubdomain;
  errors.push(...check('metadata.name', metadata.name));
  errors.push(...checkLabels('metadata.labels', metadata.labels));
  for (const name of Object.keys(metadata.annotations ?? {}))
    errors.push(...checkQualifiedName('metadata.annotations', name.toLowerCase()));
  (metadata.ownerReferences ?? []).forEach((owner, i) => {
    for (const field of ['apiVersion', 'kind', 'name', 'uid'] as const)
      if (!owner[field])
        errors.push(
          invalid(
            `metadata.ownerReferences[${i}].${field}`,
            owner[field] ?? '',
            `${field} must not be empty`,
          ),
        );
  });
  return errors;
}

function validateConfig(
  draft: KubeObject,
  old: KubeObject | undefined,
  fields: readonly string[],
): FieldError[] {
  const errors: FieldError[] = [];
  for (const field of fields)
    for (const name of Object.keys(child(draft, field) ?? {}))
      if (!/^[-._a-zA-Z0-9]+$/.test(name) || name.length > 253)
        errors.push(
          invalid(
            `${field}[${name}]`,
            name,
            "a valid config key must consist of alphanumeric characters, '-', '_' or '.' (e.g. 'key.name',  or 'KEY_NAME',  or 'key-name', regex used for validation is '[-._a-zA-Z0-9]+')",
          ),
        );
  if (old?.['immutable'] !== true) return errors;
  if (draft['immutable'] !== true)
    errors.push(forbiddenField('immutable', 'field is immutable when `immutable` is set'));
  for (const field of fields)
    if (!jsonEqual(draft[field], old[field]))
      errors.push(forbiddenField(field, 'field is immutable when `immutable` is set'));
  return errors;
}

function validateQuota(spec: Fields): FieldError[] {
  const errors: FieldError[] = [];
  for (const [name, value] of Object.entries(child(spec, 'hard') ?? {})) {
    const amount = parseQuantity(value);
    if (amount !== undefined && amount.milli < 0)
      errors.push(invalid(`spec.hard[${name}]`, value, 'must be greater than or equal to 0'));
  }
  return errors;
}

function validateLimitRange(spec: Fields): FieldError[] {
  const errors: FieldError[] = [];
  items(spec, 'limits').forEach((limit, i) => {
    const amount = (which: string, name: string) => parseQuantity(child(limit, which)?.[name])?.milli;
    const names = new Set(
      ['max', 'min', 'default', 'defaultRequest'].flatMap((w) => Object.keys(child(limit, w) ?? {})),
    );
    for (const name of names) {
      const ordered = (['min', 'defaultRequest', 'default', 'max'] as const).filter(
        (w) => amount(w, name) !== undefined,
      );
      for (let j = 1; j < ordered.length; j++) {
        const [low, high] = [ordered[j - 1]!, ordered[j]!];
        if (amount(low, name)! > amount(high, name)!) {
          const value = child(limit, low)?.[name];
          errors.push(
            invalid(
              `spec.limits[${i}].${low}[${name}]`,
              value,
              `${low} value ${String(value)} is greater than ${high} value ${String(child(limit, high)?.[name])}`,
            ),
          );
        }
      }
    }
  });
  return errors;
}

function validateAutoscaler(spec: Fields): FieldError[] {
  const errors: FieldError[] = [];
  if (text(child(spec, 'scaleTargetRef'), 'name') === '') errors.push(required('spec.scaleTargetRef.name'));
  if (text(child(spec, 'scaleTargetRef'), 'kind') === '') errors.push(required('spec.scaleTargetRef.kind'));
  const min = Number(spec['minReplicas'] ?? 1);
  const max = Number(spec['maxReplicas'] ?? 0);
  if (min < 1) errors.push(invalid('spec.minReplicas', min, 'must be greater than or equal to 1'));
  if (max < 1) errors.push(invalid('spec.maxReplicas', max, 'must be greater than 0'));
  else if (max < min)
    errors.push(invalid('spec.maxReplicas', max, 'must be greater than or equal to `minReplicas`'));
  return [...errors, ...unsupportedMetrics(spec)];
}

function validateBudget(spec: Fields): FieldError[] {
  const errors: FieldError[] = [];
  if (spec['minAvailable'] !== undefined && spec['maxUnavailable'] !== undefined)
    errors.push(
      invalid(
        'spec',
        { minAvailable: spec['minAvailable'], maxUnavailable: spec['maxUnavailable'] },
        'minAvailable and maxUnavailable cannot be both set',
      ),
    );
  for (const name of ['minAvailable', 'maxUnavailable'])
    errors.push(...intOrPercent(spec[name], `spec.${name}`));
  const selector = child(spec, 'selector');
  return selector === undefined ? errors : [...errors, ...validateSelector(selector, 'spec.selector')];
}

function validateClaim(spec: Fields): FieldError[] {
  const errors: FieldError[] = [];
  const modes = spec['accessModes'];
  if (!Array.isArray(modes) || modes.length === 0)
    errors.push(required('spec.accessModes', 'at least 1 access mode is required'));
  if (child(child(spec, 'resources'), 'requests')?.['storage'] === undefined)
    errors.push(required('spec.resources[storage]'));
  return [...errors, ...oneOf(spec, 'volumeMode', 'spec', ['Block', 'Filesystem'])];
}

function validateBinding(_spec: Fields, draft: KubeObject, old: KubeObject | undefined): FieldError[] {
  if (text(child(draft, 'roleRef'), 'name') === '') return [required('roleRef.name')];
  if (old !== undefined && !jsonEqual(draft['roleRef'], old['roleRef']))
    return [invalid('roleRef', draft['roleRef'], 'cannot change roleRef')];
  return [];
}
