import { type Static, Type } from 'typebox';

const strict = { additionalProperties: false } as const;
const Share = Type.Number({ minimum: 0, maximum: 1 });

/** What a suite asks of its tasks' difficulty (`difficulty:` of a suite file). Everything has a default. */
export const SuiteDifficulty = Type.Object(
  {
    /**
     * Bands of the rate at which the panel solves a task, by their lower ends: below `hard` a task is `unsolved`.
     * Default: hard from 0.1, medium from 0.3, easy from 0.7, trivial from 0.9.
     */
    bands: Type.Optional(Type.Object({ hard: Share, medium: Share, easy: Share, trivial: Share }, strict)),
    /** How far the true rate may lie outside of the band that is given; default 0.05. */
    margin: Type.Optional(Type.Number({ minimum: 0, maximum: 0.25 })),
    /** How sure a band has to be, early stops included; default 0.9. */
    certainty: Type.Optional(Type.Number({ minimum: 0.5, maximum: 0.999 })),
    /** Share of samples that may be right without any evidence before it counts as memorised; default 0.05. */
    guess: Type.Optional(Share),
    /** Tasks with causes that trivial solvers may solve; default 0. */
    mostTrivial: Type.Optional(Type.Integer({ minimum: 0 })),
    /** Share of tasks with causes that no solver but the ensemble may solve, at least; default 0.5. */
    leastUnsolvedByHeuristics: Type.Optional(Share),
  },
  strict,
);
export type SuiteDifficulty = Static<typeof SuiteDifficulty>;

/** A task that was taken out of a suite, so that the selection stays visible. */
export const DroppedTask = Type.Object(
  {
    /** The task's id, or the scenario's file name. */
    task: Type.String({ minLength: 1 }),
    reason: Type.String({ minLength: 1 }),
    date: Type.String({ format: 'date', description: 'A day, such as 2026-11-23.' }),
    /** Whether results of models were the reason: such a selection biases comparisons with these models. */
    becauseOfPanel: Type.Boolean(),
  },
  strict,
);
export type DroppedTask = Static<typeof DroppedTask>;

/** Thresholds with the defaults filled in. */
export interface DifficultyThresholds extends Required<SuiteDifficulty> {}

/** Fills in what a suite leaves open. */
export function difficultyThresholds(given: SuiteDifficulty = {}): DifficultyThresholds {
  return {
    bands: { hard: 0.1, medium: 0.3, easy: 0.7, trivial: 0.9 },
    margin: 0.05,
    certainty: 0.9,
    guess: 0.05,
    mostTrivial: 0,
    leastUnsolvedByHeuristics: 0.5,
    ...given,
  };
}
