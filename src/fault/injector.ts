import { rfc3339Seconds } from '../base/clock.ts';
import { OperationError } from '../base/errors.ts';
import { jsonEqual } from '../base/json.ts';
import { byText } from '../base/order.ts';
import { deleteIfThere } from '../kube/delete-if-there.ts';
import { isConflict, KubeApiError } from '../kube/errors.ts';
import type { KubeObject, ObjectRef } from '../spec/kube-types.ts';
import type { Operation, OperationAction } from '../spec/plan.ts';
import { changedFields } from './desired-state.ts';
import { covers, formatPath } from './field-paths.ts';
import { getOrNull } from './get-or-null.ts';
import { type InjectionLock, lockInjection } from './injection-lock.ts';
import type { InjectionTarget } from './injection-target.ts';
import {
  type IntentRecord,
  isOpen,
  JournalWriter,
  type ObjectImage,
  type ResultRecord,
  readJournal,
} from './journal.ts';
import { isRestart } from './operations.ts';
import { oldestFirst, podsOf } from './owned-pods.ts';
import { type RecoveryReport, recoverOpened, type UndoneOperation, undoOperations } from './recovery.ts';
import { retrying } from './retrying.ts';
import { atTime } from './touched-fields.ts';

/** An object that an operation really changed. */
export interface TouchedObject {
  readonly ref: ObjectRef;
  /** JSON pointers of what differs in the desired state; `''` for an object that came or went. */
  readonly fields: readonly string[];
  readonly before: KubeObject | undefined;
  readonly after: KubeObject | undefined;
}

/** An operation that was carried out (or refused, where the plan allows that). */
export interface ExecutedOperation {
  /** As it was really done: with times and the stopped node filled in. */
  readonly operation: Operation;
  readonly timeMs: number;
  /** `unchanged`: the API accepted it and nothing is different. */
  readonly outcome: 'done' | 'unchanged' | 'refused';
  readonly touched: readonly TouchedObject[];
  /** Names of the pods that were deleted. */
  readonly pods: readonly string[];
  readonly message?: string;
}

/**
 * Carries out the operations of one plan on one cluster. Before each, what was there is on disk in the journal, so that
 * `recover` can undo it from any process. Only one injection at a time: a journal that is still open is refused.
 */
export class Injection {
  readonly journal: string;
  readonly #target: InjectionTarget;
  readonly #writer: JournalWriter;
  readonly #lock: InjectionLock;
  readonly #executed: ExecutedOperation[] = [];
  #sequence = 0;
  #closed = false;

  private constructor(journal: string, target: InjectionTarget, writer: JournalWriter, lock: InjectionLock) {
    this.journal = journal;
    this.#target = target;
    this.#writer = writer;
    this.#lock = lock;
  }

  /** Throws `injection-running` while another process injects, `injection-open` if one has not been recovered. */
  static async open(journal: string, target: InjectionTarget): Promise<Injection> {
    const lock = await lockInjection(`${journal}.lock`);
    try {
      if (isOpen(await readJournal(journal)))
        throw new OperationError(
          'injection-open',
          'an earlier injection on this cluster has not been undone',
          {
            hint: 'run `culprit recover` first',
            details: { journal },
          },
        );
      return new Injection(journal, target, await JournalWriter.create(journal, target.clock.nowMs()), lock);
    } catch (error) {
      await lock.release();
      throw error;
    }
  }

  /** What was done so far, in order. */
  get executed(): readonly ExecutedOperation[] {
    return this.#executed;
  }

  /**
   * Does one operation, now. Throws what the API answered; an operation that may fail is noted as refused instead.
   * After a failure the journal stays open: what was done before can be undone.
   */
  async execute(operation: Operation): Promise<ExecutedOperation> {
    const intent = await this.#intend(operation);
    await this.#writer.append(intent);
    let result: ResultRecord;
    try {
      const after = await carryOut(intent, this.#target);
      result = { type: 'result', sequence: intent.sequence, outcome: 'done', after };
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      const refused = operation.mayFail === true && error instanceof KubeApiError;
      await this.#writer.append({
        type: 'result',
        sequence: intent.sequence,
        outcome: refused ? 'refused' : 'failed',
        after: [],
        message,
      });
      if (!refused)
        throw new OperationError('operation-failed', `${operation.summary}: ${message}`, {
          cause: error,
          details: { operation: operation.id },
        });
      result = { type: 'result', sequence: intent.sequence, outcome: 'refused', after: [], message };
      return this.#note(intent, result);
    }
    await this.#writer.append(result);
    return this.#note(intent, result);
  }

  /** Undoes operations by id and leaves the others as they are; `recover` undoes the rest. */
  async undo(ids: ReadonlySet<string>): Promise<readonly UndoneOperation[]> {
    const records = (await readJournal(this.journal)) ?? [];
    return (await undoOperations(records, this.#writer, this.#target, ids)).operations;
  }

  /** Undoes everything, newest first; afterwards the cluster is free for another injection. */
  async recover(): Promise<RecoveryReport> {
    const records = (await readJournal(this.journal)) ?? [];
    return recoverOpened(records, this.#writer, this.#target);
  }

  /** Gives the lock back. What was not recovered stays in the journal for `culprit recover`. */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    await this.#writer.close();
    await this.#lock.release();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  #note(intent: IntentRecord, result: ResultRecord): ExecutedOperation {
    const touched = touchedObjects(intent, result);
    const { verb } = intent.operation.action;
    const isVisible = touched.length > 0 || verb === 'set-load' || (intent.pods?.length ?? 0) > 0;
    const executed: ExecutedOperation = {
      operation: intent.operation,
      timeMs: intent.timeMs,
      outcome: result.outcome === 'refused' ? 'refused' : isVisible ? 'done' : 'unchanged',
      touched: result.outcome === 'refused' ? [] : touched,
      pods: (intent.pods ?? []).map((pod) => pod.name),
      ...(result.message === undefined ? {} : { message: result.message }),
    };
    this.#executed.push(executed);
    return executed;
  }

  /** Reads what is there and decides what the plan left open. */
  async #intend(planned: Operation): Promise<IntentRecord> {
    const timeMs = this.#target.clock.nowMs();
    const action = await this.#decide(atTime(planned.action, rfc3339Seconds(timeMs)));
    const operation = { ...planned, action };
    const base = { type: 'intent', sequence: ++this.#sequence, operation, timeMs } as const;
    switch (action.verb) {
      case 'create':
        return { ...base, before: [await this.#image(refOfCreated(action.object))] };
      case 'patch':
      case 'delete':
        return { ...base, before: [await this.#image(action.target)] };
      case 'delete-pods': {
        const pods = await podsOf(this.#target.kube, action.owner);
        const chosen = action.count === 'all' ? pods : oldestFirst(pods).slice(0, action.count);
        return {
          ...base,
          before: [],
          pods: chosen.map((pod) => ({ name: pod.metadata.name, uid: pod.metadata.uid ?? '' })),
        };
      }
      case 'stop-node':
      case 'start-node':
        return {
          ...base,
          before: [await this.#image({ apiVersion: 'v1', kind: 'Node', name: action.node })],
        };
      case 'set-load':
        return { ...base, before: [], loadFactor: await this.#target.load.loadFactor() };
      case 'stop-node-of':
        throw new Error('decided above');
    }
  }

  async #decide(action: OperationAction): Promise<OperationAction> {
    if (action.verb !== 'stop-node-of') return action;
    const pods = (await podsOf(this.#target.kube, action.owner)).filter((pod) => nodeOf(pod) !== undefined);
    const counts = new Map<string, number>();
    for (const pod of pods) counts.set(nodeOf(pod) ?? '', (counts.get(nodeOf(pod) ?? '') ?? 0) + 1);
    // pods are sorted by name, so the first node with the most of them is the one of the first such pod
    const most = Math.max(0, ...counts.values());
    const node = [...counts].find(([, count]) => count === most)?.[0];
    if (node === undefined)
      throw new OperationError(
        'no-pod',
        `no pod of ${action.owner.namespace}/${action.owner.name} runs on a node`,
      );
    return { verb: 'stop-node', node };
  }

  async #image(ref: ObjectRef): Promise<ObjectImage> {
    return { ref, object: await getOrNull(this.#target, ref) };
  }
}

async function carryOut(intent: IntentRecord, target: InjectionTarget): Promise<readonly ObjectImage[]> {
  const { action } = intent.operation;
  const { kube } = target;
  switch (action.verb) {
    case 'create': {
      const ref = refOfCreated(action.object);
      const created = await retrying(() =>
        kube.create(action.object, { fieldManager: 'kubectl-client-side-apply' }),
      ).catch(async (error: unknown) => {
        // a retry after a lost answer finds its own object
        const live =
          isConflict(error) && intent.before[0]?.object === null ? await getOrNull(target, ref) : null;
        if (live === null || !covers(live.spec ?? {}, action.object.spec ?? {})) throw error;
        return live;
      });
      return [{ ref, object: created }];
    }
    case 'patch': {
      const manager = { fieldManager: isRestart(action.body) ? 'kubectl-rollout' : 'kubectl-edit' };
      const send = () => kube.patch(action.target, action.type, action.body, manager);
      // a JSON patch done twice is not the same as done once
      return [{ ref: action.target, object: await (action.type === 'json' ? send() : retrying(send)) }];
    }
    case 'delete':
      await retrying(() => kube.delete(action.target, grace(action.gracePeriodSeconds)));
      return [{ ref: action.target, object: await getOrNull(target, action.target) }];
    case 'delete-pods':
      for (const pod of intent.pods ?? []) {
        const ref: ObjectRef = {
          apiVersion: 'v1',
          kind: 'Pod',
          namespace: action.owner.namespace,
          name: pod.name,
        };
        await retrying(() => deleteIfThere(kube, ref, grace(action.gracePeriodSeconds)));
      }
      return [];
    case 'stop-node':
      await target.nodes.stopNode(action.node);
      return [];
    case 'start-node':
      await target.nodes.startNode(action.node);
      return [];
    case 'set-load':
      await target.load.setLoadFactor(action.factor);
      return [];
    case 'stop-node-of':
      throw new Error('decided when the intent was written');
  }
}

function touchedObjects(intent: IntentRecord, result: ResultRecord): readonly TouchedObject[] {
  const { action } = intent.operation;
  if (action.verb === 'stop-node' || action.verb === 'start-node') {
    const image = intent.before[0];
    return image === undefined
      ? []
      : [
          {
            ref: image.ref,
            fields: [''],
            before: image.object ?? undefined,
            after: image.object ?? undefined,
          },
        ];
  }
  return result.after
    .map(({ ref, object }) => {
      const before = intent.before.find((image) => jsonEqual(image.ref, ref))?.object ?? null;
      const fields =
        before === null || object === null
          ? before === object
            ? []
            : ['']
          : changedFields(before, object).map(({ path }) => formatPath(path));
      return { ref, fields, before: before ?? undefined, after: object ?? undefined };
    })
    .filter(({ fields }) => fields.length > 0)
    .toSorted(byText(({ ref }) => `${ref.namespace ?? ''}/${ref.kind}/${ref.name}`));
}

function refOfCreated(object: KubeObject): ObjectRef {
  const { namespace, name } = object.metadata;
  return {
    apiVersion: object.apiVersion,
    kind: object.kind,
    ...(namespace === undefined ? {} : { namespace }),
    name,
  };
}

function grace(seconds: number | undefined): { gracePeriodSeconds?: number } {
  return seconds === undefined ? {} : { gracePeriodSeconds: seconds };
}

function nodeOf(pod: KubeObject): string | undefined {
  const spec = pod.spec;
  if (typeof spec !== 'object' || spec === null || !('nodeName' in spec)) return undefined;
  return typeof spec.nodeName === 'string' && spec.nodeName !== '' ? spec.nodeName : undefined;
}
