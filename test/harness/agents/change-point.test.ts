import { expect, it } from 'vitest';
import { changePoint } from '../../../src/harness/agents/change-point.ts';
import { loadTask } from '../../../src/harness/load-task.ts';
import { buildRecording, counter, object, ownedBy, window } from '../../helpers/recording.ts';
import { smallBundle } from '../../helpers/small-bundle.ts';
import { temporaryFolder } from '../../helpers/small-scenario.ts';

const request = 'http_server_request_duration_seconds_count';

/** Who is blamed when a workload's share of failures grows as `share` says (0 to 1 of the incident gone by). */
async function blamed(share: (gone: number) => number): Promise<string | undefined> {
  await using folder = await temporaryFolder();
  const pod = 'back-6d5f8c7b9d-x2x4z';
  const failing = (timeMs: number) =>
    timeMs <= window.incidentMs
      ? 0
      : share((timeMs - window.incidentMs) / (window.endMs - window.incidentMs));
  const series = (code: string, perSecond: (timeMs: number) => number) =>
    counter(
      { __name__: request, namespace: 'shop', pod, service: 'back', http_response_status_code: code },
      perSecond,
    );
  const bundle = await smallBundle(folder.path, {
    recording: buildRecording({
      objects: [
        object('shop/Deployment/back'),
        object('shop/ReplicaSet/back-6d5f8c7b9d', {}, ownedBy('Deployment', 'back')),
        object(`shop/Pod/${pod}`, {}, ownedBy('ReplicaSet', 'back-6d5f8c7b9d')),
      ].map((one) => ({ object: one })),
      alerts: [],
      events: [],
      logList: [],
      spanList: [],
      series: [
        {
          name: request,
          series: [
            series('200', (timeMs) => 10 * (1 - failing(timeMs))),
            series('503', (timeMs) => 10 * failing(timeMs)),
          ],
        },
      ],
    }),
  });
  return (await changePoint.rank((await loadTask(bundle)).evidence, 0))?.[0]?.entity;
}

it('a jump is found, a slow growth to the same height is not, and a spike that is over is none', async () => {
  expect(await blamed(() => 0.4)).toBe('shop/Deployment/back');
  expect(await blamed((gone) => 0.4 * gone)).toBeUndefined();
  expect(await blamed((gone) => (gone < 0.3 ? 0.4 : 0))).toBeUndefined();
});
