import type { Recording } from '../capture/recording.ts';
import type { Condition } from '../spec/plan.ts';
import { belongsTo } from './expectations.ts';

/** What was there of the same sort, so that an author sees why an expectation was not met. */
export function seenInstead(condition: Condition, recording: Recording): string {
  const { incidentMs } = recording.window;
  const counted = (names: readonly string[]) =>
    [...Map.groupBy(names, (name) => name)]
      .sort((a, b) => b[1].length - a[1].length)
      .slice(0, 8)
      .map(([name, all]) => `${name} ×${all.length}`)
      .join(', ') || 'nothing';
  switch (condition.type) {
    case 'event':
      return `events there instead: ${counted(
        recording.events
          .filter(
            (event) =>
              Date.parse(String(event['lastTimestamp'] ?? event['eventTime'] ?? '')) >= incidentMs - 1000,
          )
          .filter(
            (event) =>
              (event['involvedObject'] as { namespace?: string } | undefined)?.namespace ===
                condition.namespace || condition.kind === 'Node',
          )
          .map((event) => String(event['reason'])),
      )}`;
    case 'alert':
      return `alerts that fired: ${counted(recording.alerts.filter((alert) => alert.state === 'firing' && alert.timeMs >= incidentMs).map((alert) => alert.name))}`;
    case 'container':
      return `container states of ${condition.workload}: ${counted(
        (recording.containerStates ?? [])
          .filter(
            (state) =>
              state.timeMs >= incidentMs &&
              state.namespace === condition.namespace &&
              belongsTo(state.pod, condition.workload),
          )
          .map((state) => `${state.state} ${state.reason ?? ''}`.trim()),
      )}`;
    case 'log':
      return `no line of ${condition.namespace}/${condition.workload} matches /${condition.pattern}/`;
    case 'span':
      return `no failed span of ${condition.service} matches /${condition.pattern}/`;
    case 'metric':
      return 'the expression gave no sample other than zero';
  }
}
