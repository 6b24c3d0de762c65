import type { TaskPageData } from '../../src/report/task-page-data.ts';

/** A task of which everything that a cluster or an agent wrote is `hostile`. */
export function taskPageData(hostile: string): TaskPageData {
  return {
    task: 'abcdefghjk',
    scenario: hostile,
    summary: hostile,
    application: hostile,
    provider: 'embedded',
    window: { startMs: 0, incidentMs: 600_000, endMs: 1_500_000 },
    alerts: [{ timeMs: 700_000, name: hostile, state: 'firing', about: hostile, id: '1' }],
    events: [
      { timeMs: 650_000, type: 'Warning', reason: hostile, about: hostile, message: hostile, count: 2 },
    ],
    services: [
      { name: 'cart', service: 'shop/Service/cart', entity: 'shop/Deployment/cart' },
      { name: hostile, service: hostile, entity: hostile },
    ],
    calls: [
      { from: 'cart', to: hostile, count: 3 },
      { from: hostile, to: 'cart', count: 1 },
    ],
    rootCauses: [{ entity: 'shop/Service/cart', summary: hostile, affects: [] }],
    symptoms: [{ entity: hostile, signals: [hostile] }],
    operations: [{ timeMs: 600_500, role: 'cause', summary: hostile }],
    answers: [
      {
        agent: hostile,
        score: {
          value: 0,
          control: false,
          valid: true,
          recall: 0,
          precision: 0,
          policy: 'collapse',
          missed: ['shop/Service/cart'],
          verdicts: [
            {
              name: hostile,
              kind: 'unknown',
              entity: undefined,
              truePositive: false,
              counted: true,
              explanation: hostile,
            },
          ],
        },
      },
    ],
  };
}
