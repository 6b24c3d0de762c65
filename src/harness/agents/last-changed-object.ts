import { nameOfObject, parseEntityName } from '../../entity/entity-name.ts';
import { heuristic, type Suspect } from './heuristic.ts';
import { entitiesOf } from './signals/entities.ts';

/** Times that change all the time, whatever happens. */
const clocks: ReadonlySet<string> = new Set([
  'lastHeartbeatTime',
  'renewTime',
  'acquireTime',
  'lastScheduleTime',
  'lastSuccessfulTime',
  'lastProbeTime',
  'deleted',
]);

/** Blames what changed last: by the recorded changes where the task grants them, else by the times inside objects. */
export const lastChangedObject = heuristic({
  name: 'last-changed-object',
  summary: 'names the entity with the latest change, as far as the times in its objects tell',
  level: 'trivial',
  evidence: 'objects.jsonl',
  async suspects(evidence) {
    const { objects, universe } = await entitiesOf(evidence);
    const granted: Suspect[] = [];
    for await (const { time, entity, verb, patch } of evidence.changes())
      if (isEdit(entity, patch))
        granted.push({ entity: universe.fold(entity), weight: Date.parse(time), why: `${verb} at ${time}` });
    if (granted.length > 0) return granted;
    return objects.flatMap((object) => {
      const weight = latest(object, 0);
      return weight === 0
        ? []
        : [
            {
              entity: universe.fold(nameOfObject(object)),
              weight,
              why: `${nameOfObject(object)} has the time ${new Date(weight).toISOString()}`,
            },
          ];
    });
  },
});

/** Kinds that controllers and nodes make and change all the time. */
const controlled: ReadonlySet<string> = new Set([
  'Pod',
  'ReplicaSet',
  'ControllerRevision',
  'Endpoints',
  'EndpointSlice',
  'Lease',
  'Event',
]);

/** What controllers write into objects of people. */
const bookkeeping =
  /^\/status(?:\/|$)|^\/metadata\/(?:generation|resourceVersion|managedFields)|deployment\.kubernetes\.io~1revision$/;

/** Whether somebody asked for this change, as far as it tells. */
function isEdit(entity: string, patch: readonly { readonly path: string }[]): boolean {
  if (controlled.has(parseEntityName(entity)?.kind ?? '')) return false;
  return patch.length === 0 || patch.some(({ path }) => !bookkeeping.test(path));
}

/** The latest time in an object, epoch ms. */
function latest(value: unknown, depth: number): number {
  if (typeof value === 'string')
    return /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d/.test(value) ? Date.parse(value) || 0 : 0;
  if (typeof value !== 'object' || value === null || depth > 12) return 0;
  let found = 0;
  for (const [name, member] of Object.entries(value))
    if (!clocks.has(name)) found = Math.max(found, latest(member, depth + 1));
  return found;
}
