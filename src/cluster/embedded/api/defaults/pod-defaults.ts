import { child, childOf, type Fields, fill, isFields, items, text } from '../fields.ts';
import { formatQuantity, parseQuantity } from '../quantity.ts';

/** Defaults of a pod or pod template's spec. */
export function defaultPodSpec(spec: Fields): void {
  fill(spec, {
    restartPolicy: 'Always',
    dnsPolicy: 'ClusterFirst',
    schedulerName: 'default-scheduler',
    securityContext: {},
    terminationGracePeriodSeconds: 30,
  });
  if (text(spec, 'serviceAccountName') !== '') fill(spec, { serviceAccount: spec['serviceAccountName'] });
  else if (text(spec, 'serviceAccount') !== '') fill(spec, { serviceAccountName: spec['serviceAccount'] });
  for (const container of containersOf(spec)) defaultContainer(container);
  for (const volume of items(spec, 'volumes')) defaultVolume(volume);
}

/** What only a pod gets, not a template: links, and requests that equal limits where none are given. */
export function defaultPod(spec: Fields): void {
  fill(spec, { enableServiceLinks: true });
  for (const container of containersOf(spec)) {
    const limits = child(child(container, 'resources'), 'limits');
    if (limits !== undefined) fill(childOf(childOf(container, 'resources'), 'requests'), limits);
  }
}

function containersOf(spec: Fields): Fields[] {
  return [...items(spec, 'initContainers'), ...items(spec, 'containers')];
}

function defaultContainer(container: Fields): void {
  fill(container, {
    terminationMessagePath: '/dev/termination-log',
    terminationMessagePolicy: 'File',
    imagePullPolicy: hasMovingTag(text(container, 'image')) ? 'Always' : 'IfNotPresent',
    resources: {},
  });
  for (const which of ['requests', 'limits'])
    canonicalQuantities(child(child(container, 'resources'), which));
  for (const port of items(container, 'ports')) fill(port, { protocol: 'TCP' });
  for (const variable of items(container, 'env')) {
    const fieldRef = child(child(variable, 'valueFrom'), 'fieldRef');
    if (fieldRef !== undefined) fill(fieldRef, { apiVersion: 'v1' });
  }
  for (const name of ['livenessProbe', 'readinessProbe', 'startupProbe']) {
    const probe = child(container, name);
    if (probe === undefined) continue;
    fill(probe, { timeoutSeconds: 1, periodSeconds: 10, successThreshold: 1, failureThreshold: 3 });
    defaultHttpGet(probe);
  }
  for (const hook of ['postStart', 'preStop']) defaultHttpGet(child(child(container, 'lifecycle'), hook));
}

function defaultHttpGet(of: Fields | undefined): void {
  const httpGet = child(of, 'httpGet');
  if (httpGet !== undefined) fill(httpGet, { path: '/', scheme: 'HTTP' });
}

function hasMovingTag(image: string): boolean {
  if (image.includes('@')) return false;
  const tag = /:([^/:]+)$/.exec(image)?.[1];
  return tag === undefined || tag === 'latest';
}

function defaultVolume(volume: Fields): void {
  if (Object.keys(volume).length === 1) volume['emptyDir'] = {};
  for (const type of ['configMap', 'secret', 'projected', 'downwardAPI']) {
    const source = child(volume, type);
    if (source !== undefined) fill(source, { defaultMode: 420 });
  }
  const hostPath = child(volume, 'hostPath');
  if (hostPath !== undefined) fill(hostPath, { type: '' });
  for (const source of items(child(volume, 'projected'), 'sources')) {
    const token = child(source, 'serviceAccountToken');
    if (token !== undefined) fill(token, { expirationSeconds: 3600 });
    for (const item of items(child(source, 'downwardAPI'), 'items'))
      fill(childOf(item, 'fieldRef'), { apiVersion: 'v1' });
  }
}

/** Rewrites amounts as the API server stores them: `0.5` becomes `500m`, `1024Mi` becomes `1Gi`. */
export function canonicalQuantities(amounts: Fields | undefined): void {
  if (!isFields(amounts)) return;
  for (const [name, value] of Object.entries(amounts)) {
    const amount = parseQuantity(value);
    if (amount !== undefined) amounts[name] = formatQuantity(amount);
  }
}
