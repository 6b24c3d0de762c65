import { key as fold, unit } from '../../../base/random.ts';
import type { ClusterNetwork, ConnectResult, PodIdentity, ResolveResult, StoreEvent } from '../contracts.ts';
import type { ControlContext } from '../controllers/control-context.ts';
import { type EndpointSlice, type Pod, resource, type Service } from '../controllers/kinds.ts';
import { parseIpv4 } from './cidr.ts';
import { type NetworkPod, PodRegistry } from './pod-registry.ts';
import { PolicyEngine, type Protocol } from './policy.ts';

const domain = 'cluster.local';
const dnsNamespace = 'kube-system';
const dnsService = 'kube-dns';

interface Backend {
  readonly ip: string;
  readonly port: number;
  readonly podUid: string | undefined;
  readonly node: string | undefined;
}

/** Where a connection can go: the endpoints with the verdict of the policies. */
interface Route {
  readonly epoch: number;
  /** `undefined`: an address nobody answers at. */
  readonly backends: readonly { backend: Backend; isAllowed: boolean }[] | undefined;
  readonly isSticky: boolean;
}

interface Backends {
  readonly ready: readonly Backend[];
  readonly isLocalOnly: boolean;
  readonly isSticky: boolean;
}

/** Who listens for the life of sandboxes and nodes: the kubelets call it. */
export class EmbeddedNetwork implements ClusterNetwork {
  readonly #context: ControlContext;
  readonly #registry = new PodRegistry();
  readonly #policies: PolicyEngine;
  readonly #deadNodes = new Set<string>();
  readonly #services = new Map<string, Service>();
  readonly #byClusterIp = new Map<string, Service>();
  readonly #slices = new Map<string, Map<string, EndpointSlice>>();
  readonly #routes = new Map<string, Map<string, Route>>();
  readonly #names = new Map<string, Map<string, { epoch: number; result: ResolveResult }>>();
  /** Counts changes that may alter a decision. */
  #epoch = 0;

  constructor(context: ControlContext) {
    this.#context = context;
    this.#policies = new PolicyEngine(context.store);
    const { store } = context;
    store.subscribe(resource.services, (event) => this.#serviceChanged(event), { replay: true });
    store.subscribe(
      resource.endpointSlices,
      (event) => this.#later('slice', event, () => this.#sliceChanged(event)),
      { replay: true },
    );
    store.subscribe(resource.networkPolicies, (event) => this.#later('policy', event, () => this.#touch()), {
      replay: true,
    });
    store.subscribe(resource.namespaces, () => this.#touch());
    store.subscribe(resource.pods, (event) => this.#podChanged(event), { replay: true });
  }

  // ---- what the kubelets tell -----------------------------------------------------------------------------------

  sandboxChanged(identity: PodIdentity, isUp: boolean): void {
    this.#touch();
    if (!isUp) {
      this.#registry.remove(identity.uid);
      this.#routes.delete(identity.uid);
      this.#names.delete(identity.uid);
      return;
    }
    const pod = this.#context.store.get(resource.pods, identity.namespace, identity.name) as Pod | undefined;
    this.#registry.add({
      identity,
      hostNetwork: pod?.spec.hostNetwork === true,
      labels: identity.labels,
      pod,
      isReachable: !this.#deadNodes.has(identity.node),
    });
  }

  reachableChanged(node: string, isReachable: boolean): void {
    if (isReachable) this.#deadNodes.delete(node);
    else this.#deadNodes.add(node);
    for (const entry of this.#registry.byUid.values())
      if (entry.identity.node === node) entry.isReachable = isReachable;
    this.#touch();
  }

  // ---- ClusterNetwork -------------------------------------------------------------------------------------------

  resolve(from: PodIdentity, host: string): ResolveResult {
    let names = this.#names.get(from.uid);
    if (names === undefined) {
      names = new Map();
      this.#names.set(from.uid, names);
    }
    const known = names.get(host);
    if (known !== undefined && known.epoch === this.#epoch) return known.result;
    const result = this.#resolve(from, host);
    names.set(host, { epoch: this.#epoch, result });
    return result;
  }

  connect(from: PodIdentity, ip: string, port: number, choice: number): ConnectResult {
    const source = this.#registry.byUid.get(from.uid);
    if (source === undefined || !source.isReachable) return { ok: false, error: 'timeout', ip };
    const { backends, isSticky } = this.#route(source, ip, port);
    if (backends === undefined) return { ok: false, error: 'timeout', ip };
    if (backends.length === 0) return { ok: false, error: 'refused', ip };
    const draw = isSticky ? unit(fold(this.#context.seed, 'affinity', source.identity.ip, ip)) : choice;
    const { backend, isAllowed } =
      backends[Math.min(backends.length - 1, Math.floor(draw * backends.length))]!;
    if (!isAllowed) return { ok: false, error: 'timeout', ip: backend.ip };
    const target = backend.podUid === undefined ? undefined : this.#registry.byUid.get(backend.podUid);
    // an address whose pod is gone, or whose node does not answer: packets are lost
    if (target === undefined || !target.isReachable) return { ok: false, error: 'timeout', ip: backend.ip };
    const latencyMs = this.#latencyMs(source, target, choice);
    return { ok: true, podUid: target.identity.uid, port: backend.port, latencyMs, ip: backend.ip };
  }

  isAlive(fromPodUid: string, toPodUid: string): boolean {
    const from = this.#registry.byUid.get(fromPodUid);
    if (from === undefined || !from.isReachable) return false;
    return this.#registry.byUid.get(toPodUid)?.isReachable === true;
  }

  // ---- routes ---------------------------------------------------------------------------------------------------

  #latencyMs(from: NetworkPod, to: NetworkPod, choice: number): number {
    const base = from.identity.node === to.identity.node ? 0.06 : 0.25;
    return base * (0.8 + 0.6 * choice);
  }

  #route(source: NetworkPod, ip: string, port: number): Route {
    let routes = this.#routes.get(source.identity.uid);
    if (routes === undefined) {
      routes = new Map();
      this.#routes.set(source.identity.uid, routes);
    }
    const id = `${ip}:${port}`;
    const known = routes.get(id);
    if (known !== undefined && known.epoch === this.#epoch) return known;
    const route = this.#findRoute(source, ip, port, 'TCP');
    routes.set(id, route);
    return route;
  }

  #findRoute(source: NetworkPod, ip: string, port: number, protocol: Protocol): Route {
    const epoch = this.#epoch;
    const service = this.#byClusterIp.get(ip);
    if (service === undefined) {
      const target = this.#registry.byIp.get(ip);
      if (target === undefined) return { epoch, backends: undefined, isSticky: false };
      const backend = { ip, port, podUid: target.identity.uid, node: target.identity.node };
      return {
        epoch,
        backends: [{ backend, isAllowed: this.#isAllowed(source, backend, protocol) }],
        isSticky: false,
      };
    }
    const found = this.#backends(service, port, protocol);
    // kube-proxy has no rule for a port that the service does not have
    if (found === undefined) return { epoch, backends: undefined, isSticky: false };
    let usable = found.ready;
    if (found.isLocalOnly) {
      usable = usable.filter((backend) => backend.node === source.identity.node);
      if (usable.length === 0 && found.ready.length > 0)
        return { epoch, backends: undefined, isSticky: false };
    }
    const backends = usable.map((backend) => ({
      backend,
      isAllowed: this.#isAllowed(source, backend, protocol),
    }));
    return { epoch, backends, isSticky: found.isSticky };
  }

  #isAllowed(source: NetworkPod, backend: Backend, protocol: Protocol): boolean {
    const pod =
      backend.podUid === undefined
        ? this.#registry.byIp.get(backend.ip)
        : this.#registry.byUid.get(backend.podUid);
    return this.#policies.allows(source, { pod, ip: backend.ip }, backend.port, protocol);
  }

  /** The endpoints behind a port of a service; undefined: it has no such port. */
  #backends(service: Service, port: number, protocol: Protocol): Backends | undefined {
    const wanted = (service.spec.ports ?? []).find(
      (one) => one.port === port && (one.protocol ?? 'TCP') === protocol,
    );
    if (wanted === undefined) return undefined;
    const ready: Backend[] = [];
    const draining: Backend[] = [];
    for (const slice of this.#slicesOf(service)) {
      const target = (slice.ports ?? []).find(
        (one) => (one.name ?? '') === (wanted.name ?? '') && (one.protocol ?? 'TCP') === protocol,
      );
      if (target === undefined) continue;
      for (const { addresses, conditions, targetRef, nodeName } of slice.endpoints ?? []) {
        const backend = { ip: addresses[0] ?? '', port: target.port, podUid: targetRef?.uid, node: nodeName };
        if (conditions?.ready !== false) ready.push(backend);
        else if (conditions.serving === true && conditions.terminating === true) draining.push(backend);
      }
    }
    return {
      ready: ready.length > 0 ? ready : draining,
      isLocalOnly: service.spec.internalTrafficPolicy === 'Local',
      isSticky: service.spec.sessionAffinity === 'ClientIP',
    };
  }

  #slicesOf(service: Service): readonly EndpointSlice[] {
    const slices = this.#slices.get(`${service.metadata.namespace}/${service.metadata.name}`);
    return slices === undefined ? [] : [...slices.values()];
  }

  // ---- DNS ------------------------------------------------------------------------------------------------------

  #resolve(from: PodIdentity, host: string): ResolveResult {
    if (parseIpv4(host) !== undefined) return { ok: true, ips: [host] };
    if (host === 'localhost') return { ok: true, ips: ['127.0.0.1'] };
    const source = this.#registry.byUid.get(from.uid);
    if (source === undefined || !this.#reachesDns(source)) return { ok: false, error: 'timeout' };
    if (source.pod?.spec.dnsPolicy === 'Default' || source.pod?.spec.dnsPolicy === 'None')
      return { ok: false, error: 'not-found' };
    const search = [`${from.namespace}.svc.${domain}`, `svc.${domain}`, domain];
    const isRooted = host.endsWith('.');
    const name = isRooted ? host.slice(0, -1) : host;
    // ndots:5 is more than any cluster name has: the search domains come first
    for (const candidate of isRooted ? [name] : [...search.map((suffix) => `${name}.${suffix}`), name]) {
      const ips = this.#lookUp(candidate);
      if (ips !== undefined) return { ok: true, ips };
    }
    return { ok: false, error: 'not-found' };
  }

  /** Whether the pod's queries reach at least one ready DNS server, and its answers come back. */
  #reachesDns(source: NetworkPod): boolean {
    const service = this.#services.get(`${dnsNamespace}/${dnsService}`);
    if (service === undefined) return false;
    const { backends } = this.#findRoute(source, service.spec.clusterIP ?? '', 53, 'UDP');
    return (backends ?? []).some(({ backend, isAllowed }) => {
      const server = backend.podUid === undefined ? undefined : this.#registry.byUid.get(backend.podUid);
      return isAllowed && server?.isReachable === true;
    });
  }

  #lookUp(name: string): readonly string[] | undefined {
    const suffix = `.svc.${domain}`;
    if (!name.endsWith(suffix)) return undefined;
    const parts = name.slice(0, -suffix.length).split('.');
    const [namespace, serviceName, hostname] = [parts.at(-1), parts.at(-2), parts.at(-3)];
    if (namespace === undefined || serviceName === undefined || parts.length > 3) return undefined;
    const service = this.#services.get(`${namespace}/${serviceName}`);
    if (service === undefined) return undefined;
    const { clusterIP } = service.spec;
    if (hostname === undefined && clusterIP !== undefined && clusterIP !== 'None' && clusterIP !== '')
      return [clusterIP];
    const ips = this.#slicesOf(service)
      .flatMap((slice) => slice.endpoints ?? [])
      .filter(
        (endpoint) =>
          endpoint.conditions?.ready !== false && (hostname === undefined || endpoint.hostname === hostname),
      )
      .map((endpoint) => endpoint.addresses[0] ?? '')
      .sort();
    return ips.length === 0 ? undefined : ips;
  }

  // ---- changes --------------------------------------------------------------------------------------------------

  #touch(): void {
    this.#epoch++;
  }

  /** Proxies and policy agents follow the API with a short delay. */
  #later(what: string, event: StoreEvent, act: () => void): void {
    const { uid = '' } = event.object.metadata;
    this.#context.simulation.after(15 + 45 * unit(fold(this.#context.seed, what, uid)), act);
  }

  #serviceChanged({ type, object }: StoreEvent): void {
    const service = object as Service;
    const id = `${service.metadata.namespace}/${service.metadata.name}`;
    const before = this.#services.get(id);
    if (before?.spec.clusterIP !== undefined) this.#byClusterIp.delete(before.spec.clusterIP);
    if (type === 'DELETED') this.#services.delete(id);
    else {
      this.#services.set(id, service);
      const { clusterIP } = service.spec;
      if (clusterIP !== undefined && clusterIP !== 'None' && clusterIP !== '')
        this.#byClusterIp.set(clusterIP, service);
    }
    this.#touch();
  }

  #sliceChanged({ type, object }: StoreEvent): void {
    const slice = object as EndpointSlice;
    const service = slice.metadata.labels?.['kubernetes.io/service-name'];
    if (service === undefined) return;
    const id = `${slice.metadata.namespace}/${service}`;
    let slices = this.#slices.get(id);
    if (slices === undefined) {
      slices = new Map();
      this.#slices.set(id, slices);
    }
    if (type === 'DELETED') slices.delete(slice.metadata.name);
    else slices.set(slice.metadata.name, slice);
    this.#touch();
  }

  #podChanged({ type, object }: StoreEvent): void {
    if (type === 'DELETED') return;
    const entry = this.#registry.byUid.get(object.metadata.uid ?? '');
    if (entry === undefined) return;
    const pod = object as Pod;
    if (entry.pod?.metadata.labels !== pod.metadata.labels) {
      entry.labels = pod.metadata.labels ?? {};
      this.#touch();
    }
    entry.pod = pod;
  }
}
