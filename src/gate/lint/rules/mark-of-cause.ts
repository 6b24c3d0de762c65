import { nameOfObject } from '../../../entity/entity-name.ts';
import type { KubeObject } from '../../../spec/kube-types.ts';
import { causeChanges } from '../cause-changes.ts';
import { type FieldLeaf, leaves } from '../field-leaves.ts';
import type { BundleRule } from '../finding.ts';

export const markOfCause: BundleRule = {
  scope: 'bundle',
  code: 'LEK010',
  name: 'mark-of-cause',
  finds:
    'label and annotation keys, image repositories and service accounts set by a cause operation that no other object of the bundle has, and a created object that is the only one of its kind',
  why: 'what only the touched object has gives it away without a look at what it does',
  *check({ truth, objects, universe }) {
    if (truth === undefined) return;
    for (const change of causeChanges(truth)) {
      const own = (object: KubeObject) =>
        nameOfObject(object) === change.entity ||
        // its pods and its newest revision have the mark from it; older revisions show that it is not new
        (object.kind === 'Pod' && universe.fold(nameOfObject(object)) === change.entity);
      const here = objects.find(({ value }) => nameOfObject(value) === change.entity);
      if (here === undefined) continue;
      const others = objects.filter(
        ({ value }) => !own(value) && !isNewRevision(value, change.entity, change.set),
      );
      const place = { file: 'public/objects.jsonl', line: here.line };
      if (change.created && !others.some(({ value }) => value.kind === change.kind))
        yield { ...place, message: `${change.entity} is the only ${change.kind}` };
      const wanted = new Map(change.set.flatMap((leaf) => marks(leaf).map((mark) => [mark, leaf] as const)));
      if (wanted.size === 0) continue;
      for (const { value } of others)
        for (const leaf of leaves(value)) for (const mark of marks(leaf)) wanted.delete(mark);
      for (const mark of wanted.keys())
        yield { ...place, message: `${change.entity} is the only object with ${mark}` };
    }
  },
};

/** What of a field would mark an object. */
function marks({ path, value }: FieldLeaf): readonly string[] {
  const last = path.at(-1) ?? '';
  const parent = path.at(-2);
  if (parent === 'labels' || parent === 'annotations') return [`${parent.slice(0, -1)} ${last}`];
  if (typeof value !== 'string') return [];
  if (last === 'image') return [`images of ${value.replace(/(?:@.*|:[^/:]*)$/, '')}`];
  if (last === 'serviceAccountName') return [`service account ${value}`];
  return [];
}

/** A ReplicaSet of the changed workload whose template has all that was set: it came from the change. */
function isNewRevision(object: KubeObject, entity: string, set: readonly FieldLeaf[]): boolean {
  const owner = object.metadata.ownerReferences?.[0];
  if (object.kind !== 'ReplicaSet' || owner === undefined) return false;
  if (`${object.metadata.namespace}/${owner.kind}/${owner.name}` !== entity) return false;
  const has = new Set(
    [...leaves(object.spec)].map(({ path, value }) => `${path.join('/')} ${String(value)}`),
  );
  const template = set.filter(({ path }) => path[0] === 'spec' && path[1] === 'template');
  return template.every(
    ({ path, value }) => value === '$NOW' || has.has(`${path.slice(1).join('/')} ${String(value)}`),
  );
}
