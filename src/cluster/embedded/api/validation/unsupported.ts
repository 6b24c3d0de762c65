import { child, type Fields, isFields, items } from '../fields.ts';
import { type FieldError, forbiddenField } from '../status-error.ts';

const volumeTypes = new Set([
  'name',
  'emptyDir',
  'configMap',
  'secret',
  'projected',
  'downwardAPI',
  'persistentVolumeClaim',
  'hostPath',
]);

/** Fields of a pod whose behaviour this cluster does not simulate. They are refused rather than ignored. */
const podFields = [
  'ephemeralContainers',
  'schedulingGates',
  'resourceClaims',
  'resources',
  'runtimeClassName',
  'readinessGates',
  'hostAliases',
  'dnsConfig',
  'activeDeadlineSeconds',
  'os',
] as const;
const containerFields = ['volumeDevices', 'resizePolicy', 'restartPolicyRules'] as const;

function notSimulated(field: string, what: string): FieldError {
  return forbiddenField(field, `${what} is not simulated by this cluster`);
}

function isSet(value: unknown): boolean {
  if (value === undefined || value === null || value === false || value === '') return false;
  if (Array.isArray(value)) return value.length > 0;
  return !isFields(value) || Object.keys(value).length > 0;
}

export function unsupportedPodFields(spec: Fields, at: string): FieldError[] {
  const errors: FieldError[] = [];
  for (const name of podFields) if (isSet(spec[name])) errors.push(notSimulated(`${at}.${name}`, name));
  items(spec, 'volumes').forEach((volume, i) => {
    for (const type of Object.keys(volume))
      if (!volumeTypes.has(type))
        errors.push(notSimulated(`${at}.volumes[${i}].${type}`, `volume type ${type}`));
  });
  for (const list of ['containers', 'initContainers'])
    items(spec, list).forEach((container, i) => {
      for (const name of containerFields)
        if (isSet(container[name])) errors.push(notSimulated(`${at}.${list}[${i}].${name}`, name));
      for (const probe of ['livenessProbe', 'readinessProbe', 'startupProbe'])
        for (const handler of ['grpc', 'exec'])
          if (child(child(container, probe), handler) !== undefined)
            errors.push(notSimulated(`${at}.${list}[${i}].${probe}.${handler}`, `${handler} probe`));
    });
  return errors;
}

/** Fields of a HorizontalPodAutoscaler: only resource metrics are simulated. */
export function unsupportedMetrics(spec: Fields): FieldError[] {
  return items(spec, 'metrics').flatMap((metric, i) =>
    metric['type'] === 'Resource' || metric['type'] === 'ContainerResource'
      ? []
      : [notSimulated(`spec.metrics[${i}].type`, `metric type ${String(metric['type'])}`)],
  );
}
