import { hash32 } from '../../../../src/base/random.ts';
import type {
  ClusterNetwork,
  ConnectResult,
  PodIdentity,
  ResolveResult,
} from '../../../../src/cluster/embedded/contracts.ts';

/** Services by `name` or `name.namespace`, endpoints by hand, policies as a list of what is dropped. */
export class FlatNetwork implements ClusterNetwork {
  readonly #services = new Map<string, { ip: string; endpoints: PodIdentity[] }>();
  readonly #names = new Map<string, string>();
  /** `from>service` pairs whose new connections are dropped. */
  readonly dropped = new Set<string>();
  listens: (podUid: string, port: number) => boolean = () => true;
  connects = 0;

  /** What a Service's port leads to; others are the same on both sides. */
  readonly targetPorts = new Map<number, number>();

  add(namespace: string, name: string, pod: PodIdentity): void {
    const full = `${name}.${namespace}`;
    let service = this.#services.get(full);
    if (service === undefined) {
      const h = hash32(full);
      service = { ip: `10.96.${h % 250}.${(h >>> 8) % 250}`, endpoints: [] };
      this.#services.set(full, service);
      this.#names.set(service.ip, full);
    }
    service.endpoints.push(pod);
  }
  remove(namespace: string, name: string, podUid?: string): void {
    const service = this.#services.get(`${name}.${namespace}`);
    if (service !== undefined)
      service.endpoints = podUid === undefined ? [] : service.endpoints.filter((pod) => pod.uid !== podUid);
  }
  forget(namespace: string, name: string): void {
    this.#services.delete(`${name}.${namespace}`);
  }
  resolve(from: PodIdentity, host: string): ResolveResult {
    const service = this.#services.get(host) ?? this.#services.get(`${host}.${from.namespace}`);
    return service === undefined ? { ok: false, error: 'not-found' } : { ok: true, ips: [service.ip] };
  }
  connect(from: PodIdentity, ip: string, port: number, choice: number): ConnectResult {
    this.connects++;
    const name = this.#names.get(ip) ?? '';
    const endpoints = this.#services.get(name)?.endpoints ?? [];
    if (this.dropped.has(`${from.name}>${name}`)) return { ok: false, error: 'timeout', ip };
    const pod = endpoints[Math.floor(choice * endpoints.length)];
    const target = this.targetPorts.get(port) ?? port;
    if (pod === undefined || !this.listens(pod.uid, target)) return { ok: false, error: 'refused', ip };
    return { ok: true, podUid: pod.uid, port: target, latencyMs: 0.25, ip };
  }
  isAlive(): boolean {
    return true;
  }
}
