import type { Score } from '../scoring/score-submission.ts';

/** Everything a task's page shows; times are epoch ms. Contains the truth: for authors, never for agents. */
export interface TaskPageData {
  readonly task: string;
  readonly scenario: string | undefined;
  readonly summary: string | undefined;
  /** A held-out task: nothing of its truth is here. */
  readonly heldOut?: true;
  readonly application: string;
  readonly provider: string;
  readonly window: {
    readonly startMs: number;
    readonly incidentMs: number | undefined;
    readonly endMs: number;
  };
  readonly alerts: readonly {
    readonly timeMs: number;
    readonly name: string;
    readonly state: string;
    readonly about: string;
    readonly id: string;
  }[];
  readonly events: readonly {
    readonly timeMs: number;
    readonly type: string;
    readonly reason: string;
    readonly about: string;
    readonly message: string;
    readonly count: number;
  }[];
  readonly services: readonly {
    readonly name: string;
    /** The Service object of that name. */
    readonly service: string;
    readonly entity: string | undefined;
  }[];
  readonly calls: readonly { readonly from: string; readonly to: string; readonly count: number }[];
  readonly rootCauses: readonly {
    readonly entity: string;
    readonly summary: string;
    readonly affects: readonly string[];
  }[];
  readonly symptoms: readonly { readonly entity: string; readonly signals: readonly string[] }[];
  readonly operations: readonly {
    readonly timeMs: number;
    readonly role: string;
    readonly summary: string;
  }[];
  readonly answers: readonly { readonly agent: string; readonly score: Score }[];
}
