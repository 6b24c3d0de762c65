import type { PublicBundle } from '../snapshot/public-reader.ts';
import type { Recorder, SampleTotals } from './transcript.ts';

/** What an agent is given, and all of it: the public part of a bundle. The type cannot hold private parts. */
export interface TaskView {
  /** Opaque task id. */
  readonly id: string;
  readonly domain: string;
  readonly evidence: PublicBundle;
  /** What the agent is asked, the same text for every task of a domain. */
  readonly instruction: string;
}

/** How a sample ended: what the agent did, never how well. */
export type ExitReason =
  | 'submitted' // an answer was given
  | 'no-answer' // the agent ended without one
  | 'turn-limit'
  | 'token-limit'
  | 'time-limit'
  | 'cost-limit'
  | 'context-overflow' // not even the question fits into the model's context
  | 'agent-error' // the agent itself failed: scores
  | 'infrastructure-error'; // sandbox, network, disk: retried and counted apart

export interface AgentAnswer {
  /** Bytes of `agent_output.json`; undefined if none was written. */
  readonly submission: string | undefined;
  readonly exitReason: ExitReason;
  readonly detail?: string;
  /** What it took; absent for agents without a model. */
  readonly totals?: SampleTotals;
}

export interface AgentContext {
  /** Which repeat of the task it is, from 0; with the task id the key of an agent's randomness. */
  readonly repeat: number;
  readonly signal: AbortSignal;
  /** Appends one event to the sample's transcript. */
  readonly record: Recorder;
}

/** Something that answers tasks. What it throws is a broken infrastructure, not an answer. */
export interface Agent {
  readonly name: string;
  readonly summary: string;
  solve(task: TaskView, context: AgentContext): Promise<AgentAnswer>;
}
