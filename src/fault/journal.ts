import { type FileHandle, mkdir, open, readFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { OperationError } from '../base/errors.ts';
import type { KubeObject, ObjectRef } from '../spec/kube-types.ts';
import type { Operation } from '../spec/plan.ts';

/** An object as it was; `object: null` if it did not exist. */
export interface ObjectImage {
  readonly ref: ObjectRef;
  readonly object: KubeObject | null;
}

/** What was there before an operation, written before it is done: all that undoing needs. */
export interface IntentRecord {
  readonly type: 'intent';
  readonly sequence: number;
  /** With what is decided when it is done filled in: times, the node that stops. */
  readonly operation: Operation;
  readonly timeMs: number;
  readonly before: readonly ObjectImage[];
  /** Pods that a `delete-pods` will delete. */
  readonly pods?: readonly { readonly name: string; readonly uid: string }[];
  /** Load factor before a `set-load`. */
  readonly loadFactor?: number;
}

/** How an operation went, with the objects as the server answered. */
export interface ResultRecord {
  readonly type: 'result';
  readonly sequence: number;
  readonly outcome: 'done' | 'refused' | 'failed';
  readonly after: readonly ObjectImage[];
  readonly message?: string;
}

export type JournalRecord =
  | { readonly type: 'opened'; readonly version: 1; readonly timeMs: number }
  | IntentRecord
  | ResultRecord
  /** An operation was undone (or there was nothing to undo). */
  | { readonly type: 'undone'; readonly sequence: number; readonly detail: string }
  /** Everything was undone; the cluster is free for another injection. */
  | { readonly type: 'closed' };

/** Writes records so that each is on disk before the next step begins. Before-images may hold Secrets: only the owner may read. */
export class JournalWriter {
  readonly #file: FileHandle;
  private constructor(file: FileHandle) {
    this.#file = file;
  }
  /** Begins a new journal; one that was there must be closed (the caller looks). */
  static async create(path: string, timeMs: number): Promise<JournalWriter> {
    await mkdir(dirname(path), { recursive: true });
    const writer = new JournalWriter(await open(path, 'w', 0o600));
    await writer.append({ type: 'opened', version: 1, timeMs });
    // the name must survive too
    const directory = await open(dirname(path), 'r');
    await directory.sync();
    await directory.close();
    return writer;
  }
  /** Goes on with a journal, behind its last whole record. */
  static async resume(path: string): Promise<JournalWriter> {
    const { wholeBytes } = await readWhole(path);
    const file = await open(path, 'r+');
    await file.truncate(wholeBytes);
    await file.close();
    return new JournalWriter(await open(path, 'a', 0o600));
  }
  async append(record: JournalRecord): Promise<void> {
    await this.#file.appendFile(`${JSON.stringify(record)}\n`);
    await this.#file.sync();
  }
  async close(): Promise<void> {
    await this.#file.close();
  }
}

/** Records of a journal; a torn last line (the process was killed while writing) is left out. `undefined` without a file. */
export async function readJournal(path: string): Promise<readonly JournalRecord[] | undefined> {
  try {
    return (await readWhole(path)).records;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

/** Whether a journal tells of changes that are still there. An empty or just opened one does not. */
export function isOpen(records: readonly JournalRecord[] | undefined): boolean {
  if (records === undefined || records.some((record) => record.type === 'closed')) return false;
  return records.some((record) => record.type === 'intent');
}

async function readWhole(path: string): Promise<{ records: JournalRecord[]; wholeBytes: number }> {
  const bytes = await readFile(path);
  const records: JournalRecord[] = [];
  let wholeBytes = 0;
  for (;;) {
    const end = bytes.indexOf(10, wholeBytes);
    if (end < 0) return { records, wholeBytes };
    const line = bytes.toString('utf8', wholeBytes, end);
    try {
      records.push(JSON.parse(line) as JournalRecord);
    } catch (cause) {
      if (bytes.indexOf(10, end + 1) < 0) return { records, wholeBytes };
      throw new OperationError('journal-damaged', `${path} is damaged at byte ${wholeBytes}`, {
        cause,
        hint: 'what it says after that cannot be undone by `culprit recover`',
      });
    }
    wholeBytes = end + 1;
  }
}
