import { changePoint } from './change-point.ts';
import { configOfTheWorst } from './config-of-the-worst.ts';
import { deepestFailingSpan } from './deepest-failing-span.ts';
import { ensembleOf } from './ensemble.ts';
import { firstAlert } from './first-alert.ts';
import type { Heuristic } from './heuristic.ts';
import { kindBySymptom } from './kind-by-symptom.ts';
import { kindPrior } from './kind-prior.ts';
import { lastChangedObject } from './last-changed-object.ts';
import { loudestAlert } from './loudest-alert.ts';
import { mostErrorLogs } from './most-error-logs.ts';
import { mostRestarts } from './most-restarts.ts';
import { mostWarningEvents } from './most-warning-events.ts';
import { namedInMessages } from './named-in-messages.ts';
import { newestObject } from './newest-object.ts';
import { onlyUnhealthyObject } from './only-unhealthy-object.ts';
import { randomPick } from './random-pick.ts';
import { randomWalk } from './random-walk.ts';
import { worstErrorRatio } from './worst-error-ratio.ts';
import { worstLatencyShift } from './worst-latency-shift.ts';

/** Those that look at the incident; guessing has no vote. */
const looking: readonly Heuristic[] = [
  loudestAlert,
  firstAlert,
  mostWarningEvents,
  mostErrorLogs,
  worstErrorRatio,
  worstLatencyShift,
  mostRestarts,
  newestObject,
  lastChangedObject,
  onlyUnhealthyObject,
  deepestFailingSpan,
  randomWalk,
  changePoint,
  namedInMessages,
  configOfTheWorst,
  kindBySymptom,
];

/** The nineteen solvers without a model, in the order tables show them. */
export const floorSolvers: readonly Heuristic[] = [...looking, kindPrior, randomPick, ensembleOf(looking)];
