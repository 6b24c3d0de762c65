import { matchesLabels } from '../../entity/label-selector.ts';
import type { KubeObject } from '../../spec/kube-types.ts';
import type { Evidence, Suspect } from './evidence.ts';
import { leaves } from './field-leaves.ts';
import type { LintedBundle } from './linted-bundle.ts';
import { wholeWords } from './scan.ts';
import { workloadsOfServices } from './workloads-of-services.ts';

/** Where an object says one thing and the rest of the evidence another: what tells of faults without any event. */
export function* contradictions(bundle: LintedBundle, suspect: Suspect): Generator<Evidence> {
  if (suspect.object === undefined) return;
  const { line, value } = suspect.object;
  const found = value.kind === 'Service' ? serviceContradiction(bundle, value) : undefined;
  if (found !== undefined) yield { kind: 'contradiction', file: 'public/objects.jsonl', line, says: found };
  if (value.kind === 'NetworkPolicy') yield* timedOut(bundle, suspect);
}

interface Port {
  readonly name?: string;
  readonly port?: number;
  readonly containerPort?: number;
  readonly targetPort?: number | string;
}

/** A selector that no pod has, or a port that no selected pod listens on. */
function serviceContradiction({ objects }: LintedBundle, service: KubeObject): string | undefined {
  const { selector, ports } = (service['spec'] ?? {}) as {
    readonly selector?: Readonly<Record<string, string>>;
    readonly ports?: readonly Port[];
  };
  if (selector === undefined) return undefined;
  const pods = objects
    .map(({ value }) => value)
    .filter(
      ({ kind, metadata }) =>
        kind === 'Pod' &&
        metadata.namespace === service.metadata.namespace &&
        matchesLabels(selector, metadata.labels),
    );
  if (pods.length === 0) return 'selects no pod';
  const open = new Set<string>();
  for (const pod of pods)
    for (const { path, value } of leaves(pod['spec']))
      if (path.at(-3) === 'ports' && ['name', 'containerPort'].includes(path.at(-1) ?? ''))
        open.add(String(value));
  const closed = ports?.find(({ port, targetPort }) => !open.has(String(targetPort ?? port)));
  return closed && `leads to port ${closed.targetPort ?? closed.port}, which no selected pod has`;
}

const timeout = /\b(?:i\/o timeout|ETIMEDOUT|timed? ?-?out|deadline exceeded)\b/i;

/** Connections from or to what the policy restricts that timed out: only a policy drops packets silently. */
function* timedOut(bundle: LintedBundle, { entity, sinceMs }: Suspect): Generator<Evidence> {
  const restricted = new Set(
    bundle.graph
      .of(entity)
      .filter(({ from, relation }) => from === entity && relation === 'restricts')
      .map(({ to }) => to),
  );
  const entityOf = workloadsOfServices(bundle);
  const traces = bundle.file('public/traces.jsonl')?.text.split('\n') ?? [];
  for (const [index, text] of traces.entries()) {
    if (!text.includes('"status":"ERROR"') || !text.includes('"kind":"CLIENT"') || !timeout.test(text))
      continue;
    const span = JSON.parse(text) as {
      readonly start: string;
      readonly name: string;
      readonly attributes: Readonly<Record<string, unknown>>;
      readonly resource: Readonly<Record<string, string>>;
    };
    if (Date.parse(span.start) < sinceMs || span.attributes['http.response.status_code'] !== undefined)
      continue;
    const ends = [span.resource['service.name'] ?? '', String(span.attributes['peer.service'] ?? '')];
    if (!ends.some((service) => entityOf(service).some((end) => restricted.has(end)))) continue;
    const says = `${ends.join(' → ')} timed out, and the policy restricts one of them`;
    yield { kind: 'contradiction', file: 'public/traces.jsonl', line: index + 1, says };
    break;
  }
  const since = new Date(sinceMs).toISOString().slice(0, -1);
  const words = wholeWords([...restricted].map((workload) => workload.slice(workload.lastIndexOf('/') + 1)));
  const names = words && new RegExp(words.source);
  for (const { path, text } of bundle.files) {
    const [, folder, namespace, pod] = path.split('/');
    if (folder !== 'logs') continue;
    const isRestricted = restricted.has(bundle.universe.fold(`${namespace}/Pod/${pod}`));
    const index = text
      .split('\n')
      .findIndex(
        (line) =>
          line.slice(0, since.length) >= since &&
          timeout.test(line) &&
          (isRestricted || names?.test(line) === true),
      );
    if (index >= 0)
      yield {
        kind: 'contradiction',
        file: path,
        line: index + 1,
        says: isRestricted
          ? 'a restricted pod logs that a connection timed out'
          : 'a connection to what the policy restricts timed out',
      };
  }
}
