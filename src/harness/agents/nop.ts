import type { Agent } from '../agent.ts';

/** Writes no answer: the floor of every scorer. */
export const nop: Agent = {
  name: 'nop',
  summary: 'writes no answer file; always 0',
  solve: async () => ({ submission: undefined, exitReason: 'no-answer' }),
};
