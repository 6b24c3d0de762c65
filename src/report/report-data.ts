import type { Aggregate } from '../scoring/aggregate.ts';
import type { Gap } from '../scoring/estimate.ts';
import type { Score } from '../scoring/score-submission.ts';
import type { Effort } from '../scoring/scored-sample.ts';
import type { PairedComparison } from '../scoring/statistics/paired.ts';
import type { TaskPageData } from './task-page-data.ts';

/** Everything a report of runs shows. Contains the truth: for authors, never for agents. */
export interface ReportData {
  readonly runs: readonly ReportRun[];
  /** By run, agent and provider. */
  readonly rows: readonly ReportRow[];
  readonly tasks: readonly ReportTask[];
}

export interface ReportRun {
  readonly id: string;
  readonly sandbox: string | undefined;
  readonly isolated: boolean;
  readonly repeats: number;
  readonly samples: number;
  readonly unfinished: number;
  readonly infrastructureFailed: number;
}

/** One agent of a run on the tasks of one provider. */
export interface ReportRow {
  readonly run: string;
  readonly agent: string;
  readonly provider: string;
  /** Why it has no rank; undefined if it has one. */
  readonly unranked: 'not isolated' | 'reference' | undefined;
  readonly aggregate: Aggregate;
  /** By property (split, category …), then by its value. */
  readonly by: Readonly<Record<string, readonly { readonly value: string; readonly aggregate: Aggregate }[]>>;
  readonly splitGap?: Gap;
  /** Against the best ranked row of the provider, on the tasks of both. */
  readonly behind?: PairedComparison;
}

export interface ReportTask {
  readonly page: TaskPageData;
  readonly split: string;
  readonly category: string;
  readonly tags: readonly string[];
  readonly samples: readonly ReportSample[];
}

export interface ReportSample {
  readonly run: string;
  readonly agent: string;
  readonly repeat: number;
  readonly exitReason: string;
  readonly score: Score;
  readonly effort: Effort;
  /** Empty where none was kept. */
  readonly transcript: readonly TranscriptStep[];
}

/** Something that happened in a sample, as text. */
export interface TranscriptStep {
  /** From the start of the sample. */
  readonly atMs: number;
  readonly title: string;
  readonly text: string;
}
