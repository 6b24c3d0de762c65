/** When a sample ends by itself. Reaching one is the sample's exit reason; the sample is scored all the same. */
export interface LoopLimits {
  /** Replies of the model. */
  readonly turns: number;
  /** Working time: the model's and the commands', without waiting for slots, rate limits and repeated requests. */
  readonly timeMs: number;
  /** Input and output of all replies together. */
  readonly tokens?: number | undefined;
  readonly costUsd?: number | undefined;
  /** One command. */
  readonly commandMs: number;
  /** Characters kept of each stream of a command. */
  readonly outputCharacters: number;
  /** Share of the context at which the conversation is summarised. */
  readonly summariseAt: number;
}

export const defaultLimits: LoopLimits = {
  turns: 100,
  timeMs: 3_600_000,
  commandMs: 300_000,
  outputCharacters: 20_000,
  summariseAt: 0.7,
};
