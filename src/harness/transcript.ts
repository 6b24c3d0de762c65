import { closeSync, openSync, writeSync } from 'node:fs';
import { open } from 'node:fs/promises';
import type { Message, ModelReply, ToolDefinition, ToolResult, Usage } from './models/model.ts';
import type { Retry } from './models/retry.ts';

/** What happened in a sample, in order; one JSON object a line of `transcript.jsonl`. */
export type TranscriptEvent =
  /** First line: everything that the sample depends on. */
  | {
      readonly type: 'started';
      readonly time: string;
      readonly task: string;
      readonly agent: string;
      readonly repeat: number;
      /** From 1; earlier ones ended with a broken infrastructure. */
      readonly attempt: number;
      readonly version: string;
      /** Node's version. */
      readonly node?: string;
      readonly bundleDigest: string;
      readonly settings?: unknown;
    }
  /** What the conversation begins with. */
  | {
      readonly type: 'prompt';
      readonly messages: readonly Message[];
      readonly tools?: readonly ToolDefinition[];
    }
  /** A reply of the model to a turn, or to the request for a summary. */
  | {
      readonly type: 'reply';
      readonly turn: number;
      readonly purpose: 'turn' | 'summary';
      readonly reply: ModelReply;
      readonly costUsd?: number;
      /** Waiting for a slot, for retries and for the model. */
      readonly elapsedMs: number;
      /** The attempt that succeeded. */
      readonly modelMs: number;
    }
  | ({ readonly type: 'retry'; readonly turn: number } & Retry)
  | {
      readonly type: 'tool-result';
      readonly turn: number;
      readonly result: ToolResult;
      readonly elapsedMs: number;
      /** Of a command. */
      readonly exitCode?: number;
      readonly timedOut?: boolean;
      readonly outOfMemory?: boolean;
      readonly truncated?: boolean;
    }
  /** Something the harness tells the model: turns remaining, go on, what went wrong. */
  | { readonly type: 'notice'; readonly turn: number; readonly text: string }
  /** The conversation was replaced by a summary, or its newest turns were dropped because they did not fit. */
  | {
      readonly type: 'compacted';
      readonly turn: number;
      readonly reason: 'summary' | 'overflow';
      readonly droppedTurns: number;
    }
  /** Anything an agent without a model has to say. */
  | { readonly type: 'note'; readonly note: Readonly<Record<string, unknown>> }
  /** Last line. */
  | {
      readonly type: 'finished';
      readonly time: string;
      readonly exitReason: string;
      readonly detail?: string;
      readonly totals?: SampleTotals;
    };

/** What a sample took. */
export interface SampleTotals {
  readonly turns: number;
  readonly usage: Usage;
  /** Absent where no price is known. */
  readonly costUsd?: number;
  readonly modelMs: number;
  readonly toolMs: number;
  readonly commands: number;
  /** Repeated requests by kind. */
  readonly retries: Readonly<Record<string, number>>;
}

export type Recorder = (event: TranscriptEvent) => void;

/**
 * Appends events to a transcript. Every event reaches the operating system before `record` returns, so that neither an
 * exception nor `kill -9` loses or reorders one; `atMs` counts from the start of the sample.
 */
export class TranscriptWriter {
  readonly #file: number;
  readonly #nowMs: () => number;
  readonly #startedMs: number;
  #open = true;

  constructor(path: string, nowMs: () => number) {
    this.#file = openSync(path, 'a');
    this.#nowMs = nowMs;
    this.#startedMs = nowMs();
  }

  record: Recorder = (event) => {
    // an agent that was given up may still be talking
    if (!this.#open) return;
    const atMs = Math.round(this.#nowMs() - this.#startedMs);
    writeSync(this.#file, `${JSON.stringify({ atMs, ...event })}\n`);
  };

  close(): void {
    if (this.#open) closeSync(this.#file);
    this.#open = false;
  }
}

/** A line of a transcript as read: where it stands, and the event. */
export interface TranscriptLine {
  /** From 1. */
  readonly line: number;
  readonly atMs: number;
  readonly event: TranscriptEvent;
}

/** Reads a transcript; a last line that a crash cut off is left out. Nothing if there is no file. */
export async function* readTranscript(path: string): AsyncGenerator<TranscriptLine> {
  const file = await open(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
  if (!file) return;
  let line = 0;
  // closes the file at the end, also when the reader stops early
  for await (const text of file.readLines({ encoding: 'utf8' })) {
    line++;
    let value: { atMs?: number } & TranscriptEvent;
    try {
      value = JSON.parse(text) as typeof value;
    } catch {
      return;
    }
    const { atMs, ...event } = value;
    yield { line, atMs: atMs ?? 0, event: event as TranscriptEvent };
  }
}
