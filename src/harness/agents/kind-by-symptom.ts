import { nameOfObject } from '../../entity/entity-name.ts';
import type { PublicBundle } from '../../snapshot/public-reader.ts';
import type { KubeObject } from '../../spec/kube-types.ts';
import { heuristic, type Suspect } from './heuristic.ts';
import { entitiesOf } from './signals/entities.ts';
import { settingsOf } from './signals/settings-of.ts';
import { spansOf } from './signals/spans.ts';
import { isUnhealthy } from './signals/unhealthy.ts';
import { worstWorkloadsOf } from './signals/worst-workloads.ts';

/** A call that fails after this long was not refused: it waited in vain. */
const waitedSeconds = 0.5;
/** Failed calls from which on they say something. */
const least = 3;

type Fields = Readonly<Record<string, unknown>>;

/**
 * A runbook: takes the workload that fares worst and blames the kind of object that breaks things the way it is broken.
 * Pods that cannot be made: the quota; an image or memory: the workload; pods that exit: their ConfigMap; pods on a dead
 * node: the node; healthy pods that nobody reaches: a policy if callers wait in vain, the Service if they are refused.
 */
export const kindBySymptom = heuristic({
  name: 'kind-by-symptom',
  summary:
    'names the object of the kind that explains how the worst workload fails, by the rules of a runbook',
  level: 'simple',
  evidence: 'objects.jsonl',
  async suspects(evidence) {
    const settings = await settingsOf(evidence);
    const suspects: Suspect[] = [];
    for (const [workload, weight] of await worstWorkloadsOf(evidence)) {
      const { blamed, why } = await diagnose(evidence, workload);
      const entity =
        'kind' in blamed
          ? settings.get(workload)?.find(({ kind }) => kind === blamed.kind)?.entity
          : blamed.entity;
      if (entity !== undefined) suspects.push({ entity, weight, why: `${workload}: ${why}` });
    }
    return suspects;
  },
});

/** What is at fault by the look of it: an entity, or whatever of a kind is tied to the workload. */
interface Diagnosis {
  readonly blamed: { readonly entity: string } | { readonly kind: string };
  readonly why: string;
}

async function diagnose(evidence: PublicBundle, workload: string): Promise<Diagnosis> {
  const { objects, universe } = await entitiesOf(evidence);
  const alive = objects.filter((object) => object['deleted'] === undefined);
  const pods = alive.filter(
    (object) => object.kind === 'Pod' && universe.fold(nameOfObject(object)) === workload,
  );
  const reasons = pods.flatMap(reasonsOf);
  if (reasons.some((reason) => /ImagePull|OOMKilled/.test(reason)))
    return { blamed: { entity: workload }, why: 'its image or its memory is at fault' };
  if (reasons.some((reason) => /CrashLoop|ConfigError/.test(reason)))
    return { blamed: { kind: 'ConfigMap' }, why: 'its containers do not start' };
  const dead = alive.filter((object) => object.kind === 'Node' && isUnhealthy(object));
  for (const node of dead)
    if (pods.some((pod) => fields(pod['spec'])['nodeName'] === node.metadata.name))
      return { blamed: { entity: nameOfObject(node) }, why: 'its node is not ready' };
  const self = alive.find((object) => nameOfObject(object) === workload);
  if (self !== undefined && pods.length < Number(fields(self['spec'])['replicas'] ?? 0))
    return { blamed: { kind: 'ResourceQuota' }, why: 'it has fewer pods than it should' };
  const failed = (await spansOf(evidence)).filter((span) => span.callee === workload && span.failed);
  if (failed.length >= least && !(await answersErrors(evidence, workload))) {
    const seconds = failed.map((span) => span.seconds).sort((a, b) => a - b)[failed.length >> 1] ?? 0;
    return seconds >= waitedSeconds
      ? { blamed: { kind: 'NetworkPolicy' }, why: 'it is well, and callers wait for it in vain' }
      : { blamed: { kind: 'Service' }, why: 'it is well, and callers are refused' };
  }
  return { blamed: { kind: 'ConfigMap' }, why: 'it runs, and fares badly' };
}

/** Whether it is reached and fails itself. */
async function answersErrors(evidence: PublicBundle, workload: string): Promise<boolean> {
  const own = (await spansOf(evidence)).filter((span) => span.entity === workload && span.failed);
  return own.length >= least;
}

/** Why containers of a pod wait or have ended. */
function reasonsOf(pod: KubeObject): readonly string[] {
  const { containerStatuses } = fields(pod['status']);
  if (!Array.isArray(containerStatuses)) return [];
  return containerStatuses.flatMap((status: unknown) =>
    ['state', 'lastState'].flatMap((at) =>
      Object.values(fields(fields(status)[at])).flatMap((state) => {
        const { reason } = fields(state);
        return typeof reason === 'string' ? [reason] : [];
      }),
    ),
  );
}

function fields(value: unknown): Fields {
  return typeof value === 'object' && value !== null ? (value as Fields) : {};
}
