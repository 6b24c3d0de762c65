import type { Registry } from '../base/registry.ts';
import { registryOf } from './catalogue.ts';
import { harmlessRollout } from './distractors/harmless-rollout.ts';
import { noisyAlert } from './distractors/noisy-alert.ts';
import { stuckRollout } from './distractors/stuck-rollout.ts';
import type { Distractor } from './fault.ts';

/** All distractors, by name: the only place that knows them. */
export const distractors: Registry<Distractor> = registryOf('distractor', [
  harmlessRollout,
  noisyAlert,
  stuckRollout,
]);
