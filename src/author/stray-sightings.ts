import type { Expectation } from '../spec/plan.ts';
import type { Sighting } from './expectations.ts';

/** So often is a matter of chance, as in the fidelity report. */
const fewerThan = 5;
/** The fault shows it so many times as often. */
const clearly = 10;

/**
 * What a healthy twin shows, without what it shows now and then only: on a real, busy machine a request may wait for a core
 * until its caller gives up, and one such line does not say that a fault did nothing which brings forth a hundred. Counts
 * log lines and spans that an expectation must see; events, alerts and states of a healthy world always tell.
 */
export function withoutStrays(
  expectations: readonly Expectation[],
  task: readonly (Sighting | undefined)[],
  twin: readonly (Sighting | undefined)[],
): readonly (Sighting | undefined)[] {
  return twin.map((inTwin, index) => {
    const expectation = expectations[index];
    const type = expectation?.condition.type;
    const inTask = task[index];
    const isCounted = expectation?.must === true && (type === 'log' || type === 'span');
    if (!isCounted || inTwin === undefined || inTask === undefined) return inTwin;
    const isStray = inTwin.times < fewerThan && inTask.times >= clearly * inTwin.times;
    return isStray ? undefined : inTwin;
  });
}
