import type { PublicBundle } from '../../../snapshot/public-reader.ts';
import { entitiesOf } from './entities.ts';
import { once } from './once.ts';

/** What solvers look at of a span. */
export interface SpanFacts {
  readonly trace: string;
  readonly id: string;
  readonly parent: string | undefined;
  /** Whose span it is. */
  readonly entity: string;
  readonly namespace: string | undefined;
  /** Of a call: the workload that was called, if the host name leads to one. */
  readonly callee: string | undefined;
  readonly failed: boolean;
  /** Of a failed span: its status and whom it called, in words. */
  readonly says?: string;
  readonly startMs: number;
  readonly seconds: number;
}

/** All recorded spans, in order of start. */
export const spansOf = once('spans', async (evidence: PublicBundle) => {
  const { ofPod, behind, resolve } = await entitiesOf(evidence);
  const spans: SpanFacts[] = [];
  for await (const span of evidence.spans()) {
    const namespace = span.resource['k8s.namespace.name'];
    const pod = span.resource['k8s.pod.name'];
    const service = span.resource['service.name'];
    const entity =
      namespace && pod ? ofPod(namespace, pod) : service ? behind(service, namespace) : undefined;
    if (entity === undefined) continue;
    const host = span.attributes['server.address'] ?? span.attributes['peer.service'];
    const calls = span.kind === 'CLIENT' || span.kind === 'PRODUCER';
    spans.push({
      trace: span.traceId,
      id: span.spanId,
      parent: span.parentSpanId,
      entity,
      namespace,
      callee: calls && typeof host === 'string' ? (behind(host, namespace) ?? resolve(host)) : undefined,
      failed: span.status === 'ERROR',
      ...(span.status === 'ERROR' ? { says: `${host ?? ''} ${span.statusMessage ?? ''}` } : {}),
      startMs: Date.parse(span.start),
      seconds: span.durationNs / 1e9,
    });
  }
  return spans;
});
