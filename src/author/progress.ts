/** What the pipeline is doing; the command line shows it, workers send it to their parent. */
export interface BuildProgress {
  readonly scenario: string;
  readonly step: BuildStep;
  /** Share of the whole build of this scenario that is done, 0..1. */
  readonly done: number;
  /** For people: what is being done or waited for, where time is real. */
  readonly detail?: string;
}

export const buildSteps = ['plan', 'twin', 'task', 'prove', 'recover', 'worlds', 'freeze'] as const;
export type BuildStep = (typeof buildSteps)[number];

export type OnProgress = (progress: BuildProgress) => void;
