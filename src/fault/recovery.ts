import { OperationError } from '../base/errors.ts';
import { jsonEqual } from '../base/json.ts';
import { deleteIfThere } from '../kube/delete-if-there.ts';
import { isConflict, KubeApiError } from '../kube/errors.ts';
import { entityName } from '../spec/entity-name.ts';
import type { KubeObject } from '../spec/kube-types.ts';
import { formatPointer, type JsonPatchStep } from './apply-patch.ts';
import { changedFields, desiredOf } from './desired-state.ts';
import { covers, type FieldDifference, formatPath, lookUp, overlaps, putBack } from './field-paths.ts';
import { getOrNull } from './get-or-null.ts';
import { lockInjection } from './injection-lock.ts';
import type { InjectionTarget } from './injection-target.ts';
import {
  type IntentRecord,
  isOpen,
  type JournalRecord,
  JournalWriter,
  type ResultRecord,
  readJournal,
} from './journal.ts';
import { renewStalePods } from './renew-stale-pods.ts';
import { retryRefusedPods } from './retry-refused-pods.ts';
import { retrying } from './retrying.ts';
import { applyPatch } from './touched-fields.ts';

/** What became of one operation of a journal. */
export interface UndoneOperation {
  readonly operation: string;
  readonly summary: string;
  /** `kept`: somebody else changed it meanwhile, so it was left as it is (wholly or in part). */
  readonly outcome: 'undone' | 'nothing-to-do' | 'kept';
  readonly detail: string;
}

export interface RecoveryReport {
  /** In the order of undoing: newest first. */
  readonly operations: readonly UndoneOperation[];
  /** Whether everything that was changed is as it was. */
  readonly isClean: boolean;
}

/**
 * Undoes what a journal tells, newest first, also from another process than the one that injected, and after it was
 * killed at any point. Doing it again does no harm. Throws `injection-running` while another process holds the journal.
 */
export async function recover(journal: string, target: InjectionTarget): Promise<RecoveryReport> {
  const lock = await lockInjection(`${journal}.lock`);
  try {
    const records = await readJournal(journal);
    if (records === undefined || !isOpen(records)) return { operations: [], isClean: true };
    const writer = await JournalWriter.resume(journal);
    try {
      return await recoverOpened(records, writer, target);
    } finally {
      await writer.close();
    }
  } finally {
    await lock.release();
  }
}

/** The same by somebody who holds the lock and the journal. */
export async function recoverOpened(
  records: readonly JournalRecord[],
  writer: JournalWriter,
  target: InjectionTarget,
): Promise<RecoveryReport> {
  if (!isOpen(records)) return { operations: [], isClean: true };
  const { operations, intents } = await undoOperations(records, writer, target);
  // only after everything is back: what was refused may pass now
  const quotas = new Set(
    intents.flatMap(({ operation: { action } }) =>
      action.verb === 'patch' && action.target.kind === 'ResourceQuota'
        ? [action.target.namespace ?? '']
        : [],
    ),
  );
  for (const namespace of quotas) await retryRefusedPods(target, namespace);
  await renewStalePods(intents, new Set(operations.map(({ operation }) => operation)), target);
  await writer.append({ type: 'closed' });
  return { operations, isClean: operations.every(({ outcome }) => outcome !== 'kept') };
}

/** Undoes the operations with these ids (all by default), newest first; the journal stays open for the rest. */
export async function undoOperations(
  records: readonly JournalRecord[],
  writer: JournalWriter,
  target: InjectionTarget,
  ids?: ReadonlySet<string>,
): Promise<{ readonly operations: readonly UndoneOperation[]; readonly intents: readonly IntentRecord[] }> {
  const done = new Set(records.flatMap((record) => (record.type === 'undone' ? [record.sequence] : [])));
  const results = new Map(
    records.flatMap((record) => (record.type === 'result' ? [[record.sequence, record] as const] : [])),
  );
  const operations: UndoneOperation[] = [];
  const intents = records.filter((record) => record.type === 'intent').toReversed();
  for (const intent of intents) {
    if (done.has(intent.sequence) || ids?.has(intent.operation.id) === false) continue;
    const undone = await undo(intent, results.get(intent.sequence), target);
    operations.push({ operation: intent.operation.id, summary: intent.operation.summary, ...undone });
    await writer.append({ type: 'undone', sequence: intent.sequence, detail: undone.detail });
  }
  return { operations, intents };
}

type Undone = Pick<UndoneOperation, 'outcome' | 'detail'>;

async function undo(
  intent: IntentRecord,
  result: ResultRecord | undefined,
  target: InjectionTarget,
): Promise<Undone> {
  const { action } = intent.operation;
  switch (action.verb) {
    case 'create':
      return undoCreate(intent, result, target);
    case 'patch':
      return undoPatch(intent, result, target);
    case 'delete':
      return undoDelete(intent, target);
    case 'delete-pods':
      return { outcome: 'nothing-to-do', detail: 'the workload makes its pods again' };
    case 'stop-node':
      await target.nodes.startNode(action.node);
      return { outcome: 'undone', detail: `node ${action.node} started` };
    case 'start-node':
      await target.nodes.stopNode(action.node);
      return { outcome: 'undone', detail: `node ${action.node} stopped` };
    case 'set-load': {
      const now = await target.load.loadFactor();
      const before = intent.loadFactor ?? 1;
      if (now === before) return { outcome: 'nothing-to-do', detail: 'the load is as it was' };
      if (now !== action.factor) return { outcome: 'kept', detail: `the load factor is ${now} by now` };
      await target.load.setLoadFactor(before);
      return { outcome: 'undone', detail: `load factor ${before}` };
    }
    case 'stop-node-of':
      throw new OperationError('journal-damaged', 'the journal does not say which node was stopped');
  }
}

async function undoCreate(
  intent: IntentRecord,
  result: ResultRecord | undefined,
  target: InjectionTarget,
): Promise<Undone> {
  const image = intent.before[0];
  if (intent.operation.action.verb !== 'create' || image === undefined)
    throw new OperationError('journal-damaged', 'a creation without its object');
  const live = await getOrNull(target, image.ref);
  if (live === null) return { outcome: 'nothing-to-do', detail: 'it is not there' };
  // it was there before, so the creation was refused
  if (image.object !== null) return { outcome: 'nothing-to-do', detail: 'it was there before' };
  const ours = result?.after[0]?.object;
  const isOurs = ours
    ? ours.metadata.uid === live.metadata.uid && changedFields(ours, live).length === 0
    : covers(desiredOf(live), desiredOf(intent.operation.action.object));
  if (!isOurs)
    return { outcome: 'kept', detail: `${entityName(image.ref)} was changed by somebody else since` };
  await retrying(() => deleteIfThere(target.kube, image.ref));
  return { outcome: 'undone', detail: `${entityName(image.ref)} deleted` };
}

async function undoDelete(intent: IntentRecord, target: InjectionTarget): Promise<Undone> {
  const image = intent.before[0];
  if (image === undefined || image.object === null)
    return { outcome: 'nothing-to-do', detail: 'there was nothing to delete' };
  const live = await getOrNull(target, image.ref);
  if (live !== null && live.metadata.deletionTimestamp === undefined) {
    if (changedFields(image.object, live).length === 0)
      return { outcome: 'nothing-to-do', detail: 'it is there' };
    return { outcome: 'kept', detail: `${entityName(image.ref)} was made again by somebody else` };
  }
  const {
    uid: _u,
    resourceVersion: _r,
    generation: _g,
    creationTimestamp: _c,
    managedFields: _m,
    deletionTimestamp: _d,
    deletionGracePeriodSeconds: _s,
    ...metadata
  } = image.object.metadata;
  const { status: _status, ...rest } = image.object;
  await retrying(() =>
    target.kube.create({ ...rest, apiVersion: image.ref.apiVersion, kind: image.ref.kind, metadata }),
  );
  return { outcome: 'undone', detail: `${entityName(image.ref)} made again` };
}

async function undoPatch(
  intent: IntentRecord,
  result: ResultRecord | undefined,
  target: InjectionTarget,
): Promise<Undone> {
  const { action } = intent.operation;
  const image = intent.before[0];
  if (action.verb !== 'patch' || image === undefined)
    throw new OperationError('journal-damaged', 'a patch without its object');
  if (image.object === null || result?.outcome === 'refused')
    return { outcome: 'nothing-to-do', detail: 'it was refused' };
  const answered = result?.after[0]?.object;
  // killed before the answer was written: what the patch would have made, without the server's defaults
  const intended = applyPatch(image.object, action.type, action.body) as KubeObject;
  const asked = changedFields(image.object, intended).map(({ path }) => formatPath(path));
  // between our read and our patch a controller may have changed other fields: those are not ours
  const differences = changedFields(image.object, answered ?? intended).filter(({ path }) =>
    asked.some((ours) => overlaps(ours, formatPath(path))),
  );
  const isOurs = answered === undefined || answered === null ? covers : jsonEqual;
  for (let attempt = 0; ; attempt++) {
    const live = await getOrNull(target, image.ref);
    if (live === null)
      return { outcome: 'kept', detail: `${entityName(image.ref)} was deleted by somebody else` };
    const { steps, kept, count } = inversePatch(live, differences, isOurs);
    const left =
      kept.length === 0
        ? ''
        : `kept what somebody else changed: ${kept.map((path) => `${path} of ${entityName(image.ref)}`).join(', ')}`;
    if (steps.length === 0)
      return kept.length > 0
        ? { outcome: 'kept', detail: left }
        : { outcome: 'nothing-to-do', detail: 'it is as it was' };
    try {
      await retrying(() => target.kube.patch(image.ref, 'json', steps, { fieldManager: 'kubectl-edit' }));
    } catch (error) {
      // a test step failed: somebody was faster; look again
      const isRace = isConflict(error) || (error instanceof KubeApiError && error.status === 422);
      if (!isRace || attempt >= 4) throw error;
      continue;
    }
    const detail = `${entityName(image.ref)}: ${count} field${count === 1 ? '' : 's'} put back`;
    return kept.length > 0
      ? { outcome: 'kept', detail: `${detail}; ${left}` }
      : { outcome: 'undone', detail };
  }
}

/**
 * JSON patch that puts the fields back which still are as we left them, each guarded by a test of its present value.
 * `kept`: fields that are neither as we left them nor as they were.
 */
export function inversePatch(
  live: KubeObject,
  differences: readonly FieldDifference[],
  isOurs: (live: unknown, ours: unknown) => boolean = jsonEqual,
): { readonly steps: readonly JsonPatchStep[]; readonly kept: readonly string[]; readonly count: number } {
  const kept: string[] = [];
  let wanted: unknown = live;
  let count = 0;
  for (const difference of differences) {
    const { path, before, after } = difference;
    const now = lookUp(live, path);
    if (jsonEqual(now, before)) continue;
    if (!isOurs(now, after)) {
      kept.push(formatPath(path));
      continue;
    }
    wanted = putBack(wanted, difference);
    count++;
  }
  return { steps: guardedSteps(live, wanted), kept, count };
}

/** RFC 6902 steps from one value to another, every changed place tested first; lists that differ in length are replaced as a whole. */
function guardedSteps(from: unknown, to: unknown, path: readonly (string | number)[] = []): JsonPatchStep[] {
  if (jsonEqual(from, to)) return [];
  const pointer = formatPointer(path);
  if (Array.isArray(from) && Array.isArray(to) && from.length === to.length)
    return from.flatMap((item, i) => guardedSteps(item, to[i], [...path, i]));
  if (!isObject(from) || !isObject(to))
    return [
      { op: 'test', path: pointer, value: from },
      { op: 'replace', path: pointer, value: to },
    ];
  const steps: JsonPatchStep[] = [];
  for (const name of [...new Set([...Object.keys(from), ...Object.keys(to)])].sort()) {
    const member = [...path, name];
    if (!Object.hasOwn(to, name) || to[name] === undefined) {
      if (Object.hasOwn(from, name))
        steps.push(
          { op: 'test', path: formatPointer(member), value: from[name] },
          { op: 'remove', path: formatPointer(member) },
        );
    } else if (!Object.hasOwn(from, name))
      steps.push({ op: 'add', path: formatPointer(member), value: to[name] });
    else steps.push(...guardedSteps(from[name], to[name], member));
  }
  return steps;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
