import { byText } from '../base/order.ts';
import type { Span } from '../cluster/cluster.ts';
import { matchesLabels } from '../entity/label-selector.ts';
import { createUniverse } from '../entity/universe.ts';
import type { KubeObject } from '../kube/objects.ts';
import { entityName } from '../spec/entity-name.ts';
import type { Topology, TopologyService } from './recording.ts';

interface Seen {
  readonly namespace: string;
  readonly pods: Set<string>;
}

/** What a span needs to be remembered by until its children are known. */
interface Caller {
  readonly service: string;
  readonly protocol: string;
}

/**
 * Services and calls as observed in traces. A call is a client's or producer's span: it goes to the service whose
 * span is its child, or, if none answered, to the host it was sent to.
 */
export async function observeTopology(
  spans: AsyncIterable<Span>,
  objects: readonly KubeObject[],
): Promise<Topology> {
  const seen = new Map<string, Seen>();
  const outgoing = new Map<string, Caller & { readonly target: string | undefined }>();
  const incoming = new Map<string, string>();
  for await (const span of spans) {
    const service = span.resource['service.name'];
    if (service === undefined) continue;
    let entry = seen.get(service);
    if (entry === undefined) {
      entry = { namespace: span.resource['k8s.namespace.name'] ?? '', pods: new Set() };
      seen.set(service, entry);
    }
    const pod = span.resource['k8s.pod.name'];
    if (pod !== undefined) entry.pods.add(pod);
    if (span.kind === 'CLIENT' || span.kind === 'PRODUCER')
      outgoing.set(`${span.traceId}/${span.spanId}`, {
        service,
        protocol: protocolOf(span),
        target: targetOf(span),
      });
    else if ((span.kind === 'SERVER' || span.kind === 'CONSUMER') && span.parentSpanId !== undefined)
      incoming.set(`${span.traceId}/${span.parentSpanId}`, service);
  }
  const counts = new Map<string, { from: string; to: string; protocol: string; count: number }>();
  for (const [id, { service, protocol, target }] of outgoing) {
    const to = incoming.get(id) ?? target;
    if (to === undefined || to === service) continue;
    const key = `${service}\n${to}\n${protocol}`;
    const call = counts.get(key);
    if (call) call.count++;
    else counts.set(key, { from: service, to, protocol, count: 1 });
  }
  const calls = [...counts.values()].sort(
    byText(
      ({ from }) => from,
      ({ to }) => to,
      ({ protocol }) => protocol,
    ),
  );
  return { services: describe(seen, calls, objects), calls };
}

function protocolOf({ attributes, kind }: Span): string {
  const name =
    attributes['messaging.system'] ??
    attributes['db.system.name'] ??
    attributes['db.system'] ??
    attributes['rpc.system'];
  return typeof name === 'string' ? name : kind === 'PRODUCER' ? 'messaging' : 'http';
}

function targetOf({ attributes }: Span): string | undefined {
  const host = attributes['server.address'] ?? attributes['peer.service'] ?? attributes['net.peer.name'];
  if (typeof host !== 'string' || host === '' || /^[\d.]+$/.test(host)) return undefined;
  return host.split('.')[0];
}

function describe(
  seen: ReadonlyMap<string, Seen>,
  calls: Topology['calls'],
  objects: readonly KubeObject[],
): readonly TopologyService[] {
  const universe = createUniverse(objects);
  const pods = objects.filter(({ kind }) => kind === 'Pod');
  const names = new Set([...seen.keys(), ...calls.map(({ to }) => to)]);
  return [...names].sort().map((name) => {
    const known = seen.get(name);
    const service = objects.find(
      ({ kind, metadata }) =>
        kind === 'Service' &&
        metadata.name === name &&
        (known === undefined || metadata.namespace === known.namespace),
    );
    const namespace = known?.namespace ?? service?.metadata.namespace ?? '';
    const selector = selectorOf(service);
    const behind = new Set(known?.pods);
    // stores and queues send no spans; their Service tells their pods
    if (behind.size === 0 && selector !== undefined)
      for (const { metadata } of pods)
        if (metadata.namespace === namespace && matchesLabels(selector, metadata.labels))
          behind.add(metadata.name);
    const podNames = [...behind].sort();
    const first = podNames[0];
    return {
      name,
      namespace,
      workload:
        first === undefined ? undefined : universe.fold(entityName({ kind: 'Pod', namespace, name: first })),
      selector,
      pods: podNames,
    };
  });
}

function selectorOf(service: KubeObject | undefined): Readonly<Record<string, string>> | undefined {
  const selector = (service?.spec as { selector?: Record<string, string> } | undefined)?.selector;
  return selector !== undefined && Object.keys(selector).length > 0 ? selector : undefined;
}
