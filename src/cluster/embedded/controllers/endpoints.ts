import { rfc3339Seconds } from '../../../base/clock.ts';
import { canonicalJson, jsonEqual } from '../../../base/json.ts';
import { byText } from '../../../base/order.ts';
import { key as fold, unit } from '../../../base/random.ts';
import { matchesMap } from '../api/selectors.ts';
import type { StoreEvent } from '../contracts.ts';
import { type ControlContext, controllerManager } from './control-context.ts';
import {
  type EndpointSlice,
  type KubeObject,
  keyOf,
  type Node,
  type Pod,
  resource,
  type Service,
  splitKey,
} from './kinds.ts';
import { controllerReference, isPodFinished, isPodReady, nameSuffix } from './pods.ts';
import { WorkQueue } from './work-queue.ts';

const triggerTime = 'endpoints.kubernetes.io/last-change-trigger-time';
const serviceName = 'kubernetes.io/service-name';

interface Port {
  name?: string;
  port: number;
  protocol: string;
  appProtocol?: string;
}

/** Pods of a service that offer the same ports. */
interface Group {
  readonly ports: readonly Port[];
  readonly pods: Pod[];
}

const source = { component: 'endpoint-controller' };
/** Changes made together arrive one after the other, so far apart. */
const arrivalMs = [1, 12] as const;
/** How long the controller does not know what it has just written. */
const cacheLagMs = [4, 40] as const;

/**
 * Writes Endpoints and EndpointSlices of every Service with a selector. Decides by its cache: a change that arrives before
 * its last write has come back to it ends in a conflict and is tried again, as kind shows it when several pods go at once.
 */
export function startEndpointsController(context: ControlContext): void {
  const { store, simulation } = context;
  const queue = new WorkQueue(context, 'endpoints', reconcile, [0.3, 1.5]);
  const written = new Map<string, { atMs: number; count: number }>();
  let arrivals = 0;

  store.subscribe(resource.services, (event) => queue.add(keyOf(event.object)), { replay: true });
  store.subscribe(resource.pods, onPod, { replay: true });

  function onPod({ type, object, previous }: StoreEvent): void {
    const pod = object as Pod;
    const before = previous as Pod | undefined;
    if (type === 'MODIFIED' && before !== undefined && !hasChanged(before, pod)) return;
    for (const service of store.list(resource.services, pod.metadata.namespace) as readonly Service[]) {
      const { selector } = service.spec;
      if (
        matchesMap(selector, pod.metadata.labels) ||
        (before !== undefined && matchesMap(selector, before.metadata.labels))
      )
        arrive(keyOf(service), pod);
    }
  }

  function arrive(key: string, pod: Pod): void {
    const [low, high] = arrivalMs;
    const draw = unit(fold(context.seed, 'endpoints/arrival', pod.metadata.uid ?? '', arrivals++));
    simulation.after(low + (high - low) * draw, () => {
      if (!knowsItsWrite(key)) conflict(key);
      queue.add(key);
    });
  }

  function knowsItsWrite(key: string): boolean {
    const last = written.get(key);
    if (last === undefined) return true;
    const [low, high] = cacheLagMs;
    const lagMs = low + (high - low) * unit(fold(context.seed, 'endpoints/lag', key, last.count));
    return simulation.nowMs - last.atMs >= lagMs;
  }

  function conflict(key: string): void {
    const [namespace, name] = splitKey(key);
    const endpoints = store.get(resource.endpoints, namespace, name);
    if (endpoints === undefined) return;
    const message = `Failed to update endpoint ${namespace}/${name}: Operation cannot be fulfilled on endpoints "${name}": the object has been modified; please apply your changes to the latest version and try again`;
    context.events.record(endpoints, 'Warning', 'FailedToUpdateEndpoint', message, source);
  }

  function reconcile(key: string): void {
    const [namespace, name] = splitKey(key);
    const service = store.get(resource.services, namespace, name) as Service | undefined;
    if (service === undefined) return removeEndpoints(namespace, name);
    if (service.spec.selector === undefined || service.spec.type === 'ExternalName') return;
    const pods = (store.list(resource.pods, namespace) as readonly Pod[]).filter(
      (pod) =>
        pod.status?.podIP !== undefined &&
        !isPodFinished(pod) &&
        matchesMap(service.spec.selector, pod.metadata.labels),
    );
    writeSlices(service, groupByPorts(service, pods));
    writeEndpoints(
      service,
      groupByPorts(
        service,
        pods.filter((pod) => pod.metadata.deletionTimestamp === undefined),
      ),
    );
  }

  function removeEndpoints(namespace: string, name: string): void {
    if (store.get(resource.endpoints, namespace, name) !== undefined)
      store.remove({ apiVersion: 'v1', kind: 'Endpoints', namespace, name }, controllerManager);
  }

  function now(object: KubeObject): string {
    return rfc3339Seconds(context.simulation.nowMs - context.ageMs(object));
  }

  /** Creates or updates; answers whether it had to. */
  function put(existing: KubeObject | undefined, wanted: KubeObject): boolean {
    const age = context.ageMs(wanted);
    const stamped = {
      ...wanted.metadata,
      annotations: { ...wanted.metadata.annotations, [triggerTime]: now(wanted) },
    };
    if (existing === undefined)
      store.create(
        { ...wanted, metadata: stamped },
        age === 0 ? controllerManager : { ...controllerManager, createdMs: context.simulation.nowMs - age },
      );
    else if (isSame(existing, wanted)) return false;
    else
      store.update(
        {
          ...existing,
          ...wanted,
          metadata: { ...existing.metadata, labels: stamped.labels ?? {}, annotations: stamped.annotations },
        },
        controllerManager,
      );
    return true;
  }

  function writeSlices(service: Service, groups: readonly Group[]): void {
    const { namespace = 'default', name } = service.metadata;
    const existing = (
      store.ownedBy(resource.endpointSlices, service.metadata.uid ?? '') as readonly EndpointSlice[]
    ).filter((slice) => slice.metadata.deletionTimestamp === undefined);
    const wanted = groups.length > 0 ? groups : [{ ports: [], pods: [] }];
    wanted.forEach((group, i) => {
      const known = existing[i];
      const slice: EndpointSlice = {
        apiVersion: 'discovery.k8s.io/v1',
        kind: 'EndpointSlice',
        metadata: {
          name:
            known?.metadata.name ?? `${name}-${nameSuffix(context, 'slice', service.metadata.uid ?? '', i)}`,
          generateName: `${name}-`,
          namespace,
          labels: {
            ...service.metadata.labels,
            'endpointslice.kubernetes.io/managed-by': 'endpointslice-controller.k8s.io',
            [serviceName]: name,
            ...(service.spec.clusterIP === 'None' ? { 'service.kubernetes.io/headless': '' } : {}),
          },
          ownerReferences: [controllerReference(service)],
        },
        addressType: 'IPv4',
        endpoints: group.pods.map((pod) => endpointOf(service, pod)),
        ports: group.ports.map((port) => ({
          name: port.name ?? '',
          port: port.port,
          protocol: port.protocol,
          ...(port.appProtocol === undefined ? {} : { appProtocol: port.appProtocol }),
        })),
      };
      put(known, slice);
    });
    for (const { metadata } of existing.slice(wanted.length))
      store.remove(
        { apiVersion: 'discovery.k8s.io/v1', kind: 'EndpointSlice', namespace, name: metadata.name },
        controllerManager,
      );
  }

  function endpointOf(service: Service, pod: Pod) {
    const terminating = pod.metadata.deletionTimestamp !== undefined;
    const serving = isPodReady(pod);
    const ready = service.spec.publishNotReadyAddresses === true || (serving && !terminating);
    const node = pod.spec.nodeName ?? '';
    const zone = (store.get(resource.nodes, undefined, node) as Node | undefined)?.metadata.labels?.[
      'topology.kubernetes.io/zone'
    ];
    return {
      addresses: [pod.status?.podIP ?? ''],
      conditions: { ready, serving, terminating },
      ...(pod.spec.hostname === undefined || pod.spec.subdomain !== service.metadata.name
        ? {}
        : { hostname: pod.spec.hostname }),
      nodeName: node,
      targetRef: {
        kind: 'Pod',
        name: pod.metadata.name,
        namespace: pod.metadata.namespace ?? '',
        uid: pod.metadata.uid ?? '',
      },
      ...(zone === undefined ? {} : { zone }),
    };
  }

  function writeEndpoints(service: Service, groups: readonly Group[]): void {
    const { namespace = 'default', name } = service.metadata;
    const isReady = (pod: Pod) => service.spec.publishNotReadyAddresses === true || isPodReady(pod);
    const address = (pod: Pod) => ({
      ip: pod.status?.podIP ?? '',
      ...(pod.spec.hostname === undefined || pod.spec.subdomain !== name
        ? {}
        : { hostname: pod.spec.hostname }),
      nodeName: pod.spec.nodeName ?? '',
      targetRef: { kind: 'Pod', name: pod.metadata.name, namespace, uid: pod.metadata.uid ?? '' },
    });
    const subsets = groups
      .filter((group) => group.ports.length > 0)
      .map((group) => {
        const ready = group.pods.filter(isReady).map(address);
        const notReady = group.pods.filter((pod) => !isReady(pod)).map(address);
        return {
          ...(ready.length > 0 ? { addresses: ready } : {}),
          ...(notReady.length > 0 ? { notReadyAddresses: notReady } : {}),
          ports: group.ports,
        };
      });
    const hasWritten = put(store.get(resource.endpoints, namespace, name), {
      apiVersion: 'v1',
      kind: 'Endpoints',
      metadata: {
        name,
        namespace,
        labels: {
          ...service.metadata.labels,
          'endpoints.kubernetes.io/managed-by': 'endpoint-controller',
          ...(service.spec.clusterIP === 'None' ? { 'service.kubernetes.io/headless': '' } : {}),
        },
      },
      ...(subsets.length > 0 ? { subsets } : {}),
    });
    if (!hasWritten) return;
    const key = keyOf(service);
    written.set(key, { atMs: simulation.nowMs, count: (written.get(key)?.count ?? 0) + 1 });
  }
}

/** Compares what a controller decides, without the trigger time and what the server adds. */
function isSame(existing: KubeObject, wanted: KubeObject): boolean {
  const { metadata: left, ...have } = existing;
  const { metadata: right, ...want } = wanted;
  return jsonEqual(have, want) && jsonEqual(left.labels ?? {}, right.labels ?? {});
}

function hasChanged(before: Pod, after: Pod): boolean {
  return (
    before.status?.podIP !== after.status?.podIP ||
    isPodReady(before) !== isPodReady(after) ||
    before.metadata.deletionTimestamp !== after.metadata.deletionTimestamp ||
    isPodFinished(before) !== isPodFinished(after) ||
    !jsonEqual(before.metadata.labels ?? {}, after.metadata.labels ?? {})
  );
}

function groupByPorts(service: Service, pods: readonly Pod[]): Group[] {
  const groups = new Map<string, Group>();
  for (const pod of pods) {
    const ports = portsOf(service, pod);
    const id = canonicalJson(ports);
    const group = groups.get(id) ?? { ports, pods: [] };
    groups.set(id, group);
    group.pods.push(pod);
  }
  return [...groups.entries()].sort(byText(([id]) => id)).map(([, group]) => group);
}

function portsOf(service: Service, pod: Pod): Port[] {
  const out: Port[] = [];
  for (const { name, port, targetPort, protocol = 'TCP', appProtocol } of service.spec.ports ?? []) {
    const number = resolvePort(pod, targetPort ?? port, protocol);
    if (number === undefined) continue;
    out.push({
      ...(name === undefined ? {} : { name }),
      port: number,
      protocol,
      ...(appProtocol === undefined ? {} : { appProtocol }),
    });
  }
  return out;
}

/** The container port a `targetPort` or probe port means; undefined: no container has a port of that name. */
export function resolvePort(pod: Pod, port: number | string, protocol = 'TCP'): number | undefined {
  if (typeof port === 'number') return port;
  if (/^\d+$/.test(port)) return Number(port);
  for (const container of [...pod.spec.containers, ...(pod.spec.initContainers ?? [])])
    for (const one of container.ports ?? [])
      if (one.name === port && (one.protocol ?? 'TCP') === protocol) return one.containerPort;
  return undefined;
}
