import { expect, it } from 'vitest';
import { differences, summarise } from '../../src/capture/summary.ts';
import { buildRecording, checkout, counter, event, pod, span, window } from '../helpers/recording.ts';

const series = (broken: boolean) => {
  const labels = { namespace: 'shop', service: 'checkout', pod };
  const ok = (timeMs: number) => (broken && timeMs >= window.incidentMs ? 5 : 10);
  const failed = (timeMs: number) => (broken && timeMs >= window.incidentMs ? 5 : 0);
  const name = 'http_server_request_duration_seconds';
  return [
    {
      name: `${name}_bucket`,
      series: [
        counter({ ...labels, le: '0.1' }, (timeMs) => ok(timeMs)),
        counter({ ...labels, le: '1' }, (timeMs) => ok(timeMs) + failed(timeMs)),
        counter({ ...labels, le: '+Inf' }, (timeMs) => ok(timeMs) + failed(timeMs)),
      ],
    },
    {
      name: `${name}_count`,
      series: [
        counter({ ...labels, http_response_status_code: '200' }, ok),
        counter({ ...labels, http_response_status_code: '503' }, failed),
      ],
    },
  ];
};

it('puts a recording into numbers that tell a task from its twin', async () => {
  const lines = [
    { timeMs: window.startMs + 1, text: '{"level":30,"msg":"ok"}' },
    { timeMs: window.incidentMs + 1, text: '{"level":50,"msg":"connect ECONNREFUSED"}' },
    { timeMs: window.incidentMs + 2, text: 'ts=1 level=error msg="timed out"' },
  ];
  const state = { namespace: 'shop', pod, container: 'checkout', exitCode: undefined };
  const task = await summarise(
    buildRecording({
      series: series(true),
      logList: [{ namespace: 'shop', pod, container: 'checkout', lines }],
      spanList: [
        span('checkout', 1, {
          status: 'ERROR',
          startMs: window.incidentMs + 1,
          attributes: { 'error.type': 'ECONNREFUSED' },
        }),
      ],
      events: [event(`shop/Pod/${pod}`, 'Unhealthy', 'x', window.incidentMs)],
      eventOccurrences: [
        { timeMs: window.incidentMs + 1, namespace: 'shop', name: `${pod}.unhealthy`, delta: 3 },
      ],
      containerStates: [
        { ...state, timeMs: window.startMs, state: 'running', reason: undefined, restartCount: 0 },
        {
          ...state,
          timeMs: window.incidentMs + 5,
          state: 'waiting',
          reason: 'CrashLoopBackOff',
          restartCount: 2,
        },
      ],
    }),
  );
  const twin = await summarise(
    buildRecording({ series: series(false), spanList: [], events: [], objects: [], alerts: [] }),
  );
  expect(differences(task.baseline, twin.baseline)).toEqual([]);
  const found = Object.fromEntries(
    differences(task.incident, twin.incident).map(({ name, subject, first, second }) => [
      `${name} ${subject}`,
      [first, second],
    ]),
  );
  expect(found).toEqual({
    'error-ratio shop/checkout': [0.45, 0],
    'latency-p95 shop/checkout': [expect.closeTo(0.9, 1), expect.closeTo(0.095, 3)],
    [`events ${checkout} Pod Unhealthy`]: [3, 0],
    [`container-state ${checkout} waiting CrashLoopBackOff`]: [1, 0],
    [`restarts ${checkout}`]: [2, 0],
    [`replicas-missing ${checkout}`]: [1, 0],
    [`log-errors ${checkout}`]: [2, 0],
    'span-errors shop/checkout server ECONNREFUSED': [1, 0],
  });
  expect(task.alerts).toEqual([
    {
      name: 'HighErrorRatio',
      labels: { service: 'checkout', severity: 'critical' },
      state: 'firing',
      fromMs: window.incidentMs + 60_000,
    },
  ]);
});
