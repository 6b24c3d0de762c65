import { isIP } from 'node:net';
import { child, type Fields, items, text } from '../fields.ts';
import { duplicate, type FieldError, invalid, notSupported, required } from '../status-error.ts';
import { checkLabels } from './names.ts';
import { isPort, oneOf } from './validate-pod.ts';
import { validateSelector } from './validate-workload.ts';

const portRange = 'must be between 1 and 65535, inclusive';

export function validateService(spec: Fields, old: Fields | undefined): FieldError[] {
  const errors: FieldError[] = [];
  errors.push(...oneOf(spec, 'type', 'spec', ['ClusterIP', 'ExternalName', 'LoadBalancer', 'NodePort']));
  const ports = items(spec, 'ports');
  if (ports.length === 0 && spec['clusterIP'] !== 'None' && spec['type'] !== 'ExternalName')
    errors.push(required('spec.ports'));
  if (spec['type'] === 'ExternalName' && text(spec, 'externalName') === '')
    errors.push(required('spec.externalName'));
  const names = new Set<string>();
  const numbers = new Set<string>();
  ports.forEach((port, i) => {
    const at = `spec.ports[${i}]`;
    const name = text(port, 'name');
    if (name === '' && ports.length > 1) errors.push(required(`${at}.name`));
    if (name !== '' && names.has(name)) errors.push(duplicate(`${at}.name`, name));
    names.add(name);
    if (!isPort(port['port'])) errors.push(invalid(`${at}.port`, port['port'] ?? 0, portRange));
    errors.push(...oneOf(port, 'protocol', at, ['SCTP', 'TCP', 'UDP']));
    errors.push(...portReference(port['targetPort'], `${at}.targetPort`));
    const id = `${String(port['protocol'])}/${String(port['port'])}`;
    if (numbers.has(id)) errors.push(duplicate(at, { name, protocol: port['protocol'], port: port['port'] }));
    numbers.add(id);
  });
  errors.push(...checkLabels('spec.selector', child(spec, 'selector')));
  errors.push(...oneOf(spec, 'sessionAffinity', 'spec', ['ClientIP', 'None']));
  const address = text(spec, 'clusterIP');
  if (address !== '' && address !== 'None' && isIP(address) === 0)
    errors.push(
      invalid('spec.clusterIPs[0]', address, 'must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)'),
    );
  if (
    old !== undefined &&
    text(old, 'clusterIP') !== '' &&
    address !== text(old, 'clusterIP') &&
    spec['type'] !== 'ExternalName'
  )
    errors.push(invalid('spec.clusterIPs[0]', [address], 'may not change once set'));
  return errors;
}

/** A port number or the name of a container port. */
function portReference(value: unknown, at: string): FieldError[] {
  if (value === undefined || isPort(value)) return [];
  if (typeof value !== 'string') return [invalid(at, value, portRange)];
  if (value.length > 15) return [invalid(at, value, 'must be no more than 15 characters')];
  if (!/^[a-z0-9]([a-z0-9-]*[a-z0-9])?$/.test(value))
    return [invalid(at, value, 'must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)')];
  return /[a-z]/.test(value) ? [] : [invalid(at, value, 'must contain at least one letter (a-z)')];
}

export function validateNetworkPolicy(spec: Fields): FieldError[] {
  const errors: FieldError[] = [];
  errors.push(...validateSelector(child(spec, 'podSelector') ?? {}, 'spec.podSelector'));
  for (const [direction, peers] of [
    ['ingress', 'from'],
    ['egress', 'to'],
  ] as const)
    items(spec, direction).forEach((rule, i) => {
      const at = `spec.${direction}[${i}]`;
      items(rule, 'ports').forEach((port, j) => {
        const value = port['port'];
        if (value !== undefined) errors.push(...portReference(value, `${at}.ports[${j}].port`));
        errors.push(...oneOf(port, 'protocol', `${at}.ports[${j}]`, ['SCTP', 'TCP', 'UDP']));
        if (port['endPort'] !== undefined && (typeof value !== 'number' || Number(port['endPort']) < value))
          errors.push(
            invalid(`${at}.ports[${j}].endPort`, port['endPort'], 'must be greater than or equal to `port`'),
          );
      });
      items(rule, peers).forEach((peer, j) => errors.push(...validatePeer(peer, `${at}.${peers}[${j}]`)));
    });
  const types = Array.isArray(spec['policyTypes']) ? (spec['policyTypes'] as unknown[]) : [];
  types.forEach((type, i) => {
    if (type !== 'Ingress' && type !== 'Egress')
      errors.push(notSupported(`spec.policyTypes[${i}]`, type, ['Egress', 'Ingress']));
  });
  return errors;
}

function validatePeer(peer: Fields, at: string): FieldError[] {
  const errors: FieldError[] = [];
  const pods = child(peer, 'podSelector');
  const namespaces = child(peer, 'namespaceSelector');
  const block = child(peer, 'ipBlock');
  if (pods === undefined && namespaces === undefined && block === undefined)
    errors.push(required(at, 'must specify a peer'));
  if (pods !== undefined) errors.push(...validateSelector(pods, `${at}.podSelector`));
  if (namespaces !== undefined) errors.push(...validateSelector(namespaces, `${at}.namespaceSelector`));
  if (block === undefined) return errors;
  const cidrs = [
    ['cidr', block['cidr']],
    ...(Array.isArray(block['except']) ? block['except'].map((c, i) => [`except[${i}]`, c]) : []),
  ] as [string, unknown][];
  for (const [name, cidr] of cidrs)
    if (!isCidr(cidr))
      errors.push(
        invalid(
          `${at}.ipBlock.${name}`,
          cidr ?? '',
          'must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)',
        ),
      );
  return errors;
}

function isCidr(value: unknown): boolean {
  const match = /^(.*)\/(\d{1,3})$/.exec(String(value ?? ''));
  if (match === null) return false;
  const family = isIP(match[1] ?? '');
  return family !== 0 && Number(match[2]) <= (family === 4 ? 32 : 128);
}
