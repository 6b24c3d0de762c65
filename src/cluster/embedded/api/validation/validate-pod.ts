import { jsonEqual } from '../../../../base/json.ts';
import { child, type Fields, isFields, items, text } from '../fields.ts';
import { formatQuantity, parseQuantity } from '../quantity.ts';
import {
  duplicate,
  type FieldError,
  forbiddenField,
  invalid,
  notFoundField,
  notSupported,
  required,
} from '../status-error.ts';
import { checkLabel } from './names.ts';
import { unsupportedPodFields } from './unsupported.ts';

const portRange = 'must be between 1 and 65535, inclusive';

export function isPort(value: unknown): boolean {
  return typeof value === 'number' && Number.isInteger(value) && value >= 1 && value <= 65535;
}

/** Complaints about a pod spec at `at` (`spec`, `spec.template.spec`). */
export function validatePodSpec(spec: Fields | undefined, at: string): FieldError[] {
  if (spec === undefined) return [required(`${at}.containers`)];
  const errors: FieldError[] = [];
  const volumes = new Set<string>();
  items(spec, 'volumes').forEach((volume, i) => {
    const name = text(volume, 'name');
    const where = `${at}.volumes[${i}]`;
    if (name === '') errors.push(required(`${where}.name`));
    else errors.push(...checkLabel(`${where}.name`, name));
    if (volumes.has(name)) errors.push(duplicate(`${where}.name`, name));
    volumes.add(name);
    if (Object.keys(volume).length > 2)
      errors.push(forbiddenField(where, 'may not specify more than 1 volume type'));
    const configMap = child(volume, 'configMap');
    if (configMap !== undefined && text(configMap, 'name') === '')
      errors.push(required(`${where}.configMap.name`));
    const secret = child(volume, 'secret');
    if (secret !== undefined && text(secret, 'secretName') === '')
      errors.push(required(`${where}.secret.secretName`));
  });
  const containers = items(spec, 'containers');
  if (containers.length === 0) errors.push(required(`${at}.containers`));
  const names = new Set<string>();
  containers.forEach((c, i) =>
    errors.push(...validateContainer(c, `${at}.containers[${i}]`, volumes, names)),
  );
  items(spec, 'initContainers').forEach((c, i) =>
    errors.push(...validateContainer(c, `${at}.initContainers[${i}]`, volumes, names)),
  );
  errors.push(...oneOf(spec, 'restartPolicy', at, ['Always', 'OnFailure', 'Never']));
  errors.push(
    ...oneOf(spec, 'dnsPolicy', at, ['ClusterFirstWithHostNet', 'ClusterFirst', 'Default', 'None']),
  );
  errors.push(...atLeast(spec, 'terminationGracePeriodSeconds', at, 0));
  errors.push(...validateTolerations(items(spec, 'tolerations'), `${at}.tolerations`));
  errors.push(...unsupportedPodFields(spec, at));
  return errors;
}

function validateContainer(
  container: Fields,
  at: string,
  volumes: ReadonlySet<string>,
  names: Set<string>,
): FieldError[] {
  const errors: FieldError[] = [];
  const name = text(container, 'name');
  if (name === '') errors.push(required(`${at}.name`));
  else errors.push(...checkLabel(`${at}.name`, name));
  if (name !== '' && names.has(name)) errors.push(duplicate(`${at}.name`, name));
  names.add(name);
  const image = text(container, 'image');
  if (image === '') errors.push(required(`${at}.image`));
  else if (image.trim() !== image)
    errors.push(invalid(`${at}.image`, image, 'must not have leading or trailing whitespace'));
  errors.push(...oneOf(container, 'imagePullPolicy', at, ['Always', 'IfNotPresent', 'Never']));
  const portNames = new Set<string>();
  items(container, 'ports').forEach((port, i) => {
    const where = `${at}.ports[${i}]`;
    if (port['containerPort'] === undefined) errors.push(required(`${where}.containerPort`));
    else if (!isPort(port['containerPort']))
      errors.push(invalid(`${where}.containerPort`, port['containerPort'], portRange));
    errors.push(...oneOf(port, 'protocol', where, ['SCTP', 'TCP', 'UDP']));
    const portName = text(port, 'name');
    if (portName === '') return;
    if (portName.length > 15)
      errors.push(invalid(`${where}.name`, portName, 'must be no more than 15 characters'));
    if (portNames.has(portName)) errors.push(duplicate(`${where}.name`, portName));
    portNames.add(portName);
  });
  items(container, 'env').forEach((variable, i) => {
    const where = `${at}.env[${i}]`;
    if (text(variable, 'name') === '') errors.push(required(`${where}.name`));
    if (child(variable, 'valueFrom') !== undefined && text(variable, 'value') !== '')
      errors.push(invalid(`${where}.valueFrom`, '', 'may not be specified when `value` is not empty'));
  });
  const paths = new Set<string>();
  items(container, 'volumeMounts').forEach((mount, i) => {
    const where = `${at}.volumeMounts[${i}]`;
    const volume = text(mount, 'name');
    if (volume === '') errors.push(required(`${where}.name`));
    // the token volume is added by admission after a template was written
    else if (!volumes.has(volume)) errors.push(notFoundField(`${where}.name`, volume));
    const path = text(mount, 'mountPath');
    if (path === '') errors.push(required(`${where}.mountPath`));
    else if (paths.has(path)) errors.push(invalid(`${where}.mountPath`, path, 'must be unique'));
    paths.add(path);
  });
  errors.push(...validateResources(child(container, 'resources'), `${at}.resources`));
  for (const probe of ['livenessProbe', 'readinessProbe', 'startupProbe'])
    errors.push(...validateProbe(child(container, probe), `${at}.${probe}`, probe));
  return errors;
}

function validateResources(resources: Fields | undefined, at: string): FieldError[] {
  const errors: FieldError[] = [];
  const limits = child(resources, 'limits');
  for (const which of ['limits', 'requests'])
    for (const [name, value] of Object.entries(child(resources, which) ?? {})) {
      const amount = parseQuantity(value);
      if (amount !== undefined && amount.milli < 0)
        errors.push(invalid(`${at}.${which}[${name}]`, value, 'must be greater than or equal to 0'));
    }
  for (const [name, value] of Object.entries(child(resources, 'requests') ?? {})) {
    const request = parseQuantity(value);
    const limit = parseQuantity(limits?.[name]);
    if (request !== undefined && limit !== undefined && request.milli > limit.milli)
      errors.push(
        invalid(
          `${at}.requests`,
          value,
          `must be less than or equal to ${name} limit of ${formatQuantity(limit)}`,
        ),
      );
  }
  return errors;
}

function validateProbe(probe: Fields | undefined, at: string, kind: string): FieldError[] {
  if (probe === undefined) return [];
  const errors: FieldError[] = [];
  const handlers = ['exec', 'httpGet', 'tcpSocket', 'grpc'].filter((h) => isFields(probe[h]));
  if (handlers.length === 0) errors.push(required(at, 'must specify a handler type'));
  if (handlers.length > 1)
    errors.push(forbiddenField(`${at}.${handlers[1]}`, 'may not specify more than 1 handler type'));
  for (const name of [
    'initialDelaySeconds',
    'timeoutSeconds',
    'periodSeconds',
    'successThreshold',
    'failureThreshold',
  ])
    errors.push(...atLeast(probe, name, at, 0));
  for (const handler of ['httpGet', 'tcpSocket']) {
    const port = child(probe, handler)?.['port'];
    if (handlers.includes(handler) && typeof port !== 'string' && !isPort(port))
      errors.push(invalid(`${at}.${handler}.port`, port ?? 0, portRange));
  }
  if (
    kind !== 'readinessProbe' &&
    typeof probe['successThreshold'] === 'number' &&
    probe['successThreshold'] > 1
  )
    errors.push(invalid(`${at}.successThreshold`, probe['successThreshold'], 'must be 1'));
  return errors;
}

function validateTolerations(tolerations: readonly Fields[], at: string): FieldError[] {
  const errors: FieldError[] = [];
  tolerations.forEach((toleration, i) => {
    const where = `${at}[${i}]`;
    errors.push(...oneOf(toleration, 'operator', where, ['Equal', 'Exists']));
    errors.push(...oneOf(toleration, 'effect', where, ['NoSchedule', 'PreferNoSchedule', 'NoExecute']));
    if (text(toleration, 'key') === '' && text(toleration, 'operator') !== 'Exists')
      errors.push(
        invalid(
          `${where}.operator`,
          text(toleration, 'operator'),
          'operator must be Exists when `key` is empty, which means "match all values and all keys"',
        ),
      );
    if (toleration['tolerationSeconds'] !== undefined && toleration['effect'] !== 'NoExecute')
      errors.push(
        invalid(
          `${where}.effect`,
          text(toleration, 'effect'),
          "effect must be 'NoExecute' when `tolerationSeconds` is set",
        ),
      );
  });
  return errors;
}

/** Complains when the text field is set to something else than one of `known`. */
export function oneOf(of: Fields, name: string, at: string, known: readonly string[]): FieldError[] {
  const value = of[name];
  if (value === undefined || value === '' || (typeof value === 'string' && known.includes(value))) return [];
  return [notSupported(`${at}.${name}`, value, [...known].sort())];
}

export function atLeast(of: Fields, name: string, at: string, least: number): FieldError[] {
  const value = of[name];
  return typeof value === 'number' && value < least
    ? [invalid(`${at}.${name}`, value, `must be greater than or equal to ${least}`)]
    : [];
}

/** What may change in a pod that exists: images, tolerations (additions), its deadline, and its node once. */
export function validatePodUpdate(spec: Fields, old: Fields): FieldError[] {
  const errors: FieldError[] = [];
  const before = items(old, 'tolerations');
  const after = items(spec, 'tolerations');
  const keepsTolerations = before.every((t) =>
    after.some((a) => jsonEqual({ ...a, tolerationSeconds: 0 }, { ...t, tolerationSeconds: 0 })),
  );
  if (!keepsTolerations)
    errors.push(
      forbiddenField(
        'spec.tolerations',
        'existing toleration can not be modified except its tolerationSeconds',
      ),
    );
  const comparable = (s: Fields): Fields => {
    const { activeDeadlineSeconds: _deadline, tolerations: _tolerations, nodeName, ...rest } = s;
    const withoutImages = (name: string) => items(s, name).map(({ image: _image, ...c }) => c);
    return {
      ...rest,
      ...(text(old, 'nodeName') === '' ? {} : { nodeName }),
      containers: withoutImages('containers'),
      initContainers: withoutImages('initContainers'),
    };
  };
  if (!jsonEqual(comparable(spec), comparable(old)))
    errors.push(
      forbiddenField(
        'spec',
        'pod updates may not change fields other than `spec.containers[*].image`,`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to existing tolerations),`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)',
      ),
    );
  return errors;
}
