import type { TaskView } from '../agent.ts';
import type { ToolDefinition } from '../models/model.ts';
import type { CommandResult, SandboxSession } from '../sandbox/sandbox.ts';
import type { LoopLimits } from './limits.ts';

/** What a tool works with. */
export interface ToolContext {
  readonly session: SandboxSession;
  readonly limits: LoopLimits;
  /** Working time that is left. */
  readonly remainingMs: number;
  /** Last chance: accept an answer that can be scored, even if it could be better written. */
  readonly isForced: boolean;
  readonly signal: AbortSignal;
}

export interface ToolOutcome {
  /** What the model is told. */
  readonly text: string;
  readonly isError: boolean;
  readonly command?: CommandResult;
  /** The sample ends with this answer; `undefined` inside: the model ended it without one. */
  readonly end?: { readonly submission: string | undefined };
}

export interface Tool {
  readonly definition: ToolDefinition;
  /** Whether it ends the sample; such calls come after all others of a reply, and only one is accepted. */
  readonly isFinal: boolean;
  /** `input` fits `definition.parameters`. Throws only if the sandbox broke. */
  execute(input: Readonly<Record<string, unknown>>, context: ToolContext): Promise<ToolOutcome>;
}

/** How a model is put to work: its prompts, tools and manners. */
export interface Profile {
  readonly name: string;
  readonly summary: string;
  system(limits: LoopLimits): string;
  prompt(task: TaskView, provides: string | undefined): string;
  readonly tools: readonly Tool[];
  /** Called at a limit of turns, tokens or cost, if the model has not answered by itself. */
  readonly forcedTool: string | undefined;
  /** Told before a turn; `remaining` counts it. */
  notice(remaining: number, limits: LoopLimits): string | undefined;
  /** Told after a reply without a tool call. */
  readonly goOn: string;
}
