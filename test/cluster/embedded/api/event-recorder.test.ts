import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { emptyStore, manager, pass, pod } from './api-fixture.ts';

const source = { component: 'replicaset-controller' };

test('repeats count up; the tenth different text is combined, as on a real cluster', () => {
  const real = (
    JSON.parse(readFileSync(new URL('../testdata/real-events.json', import.meta.url), 'utf8')) as {
      reason: string;
      message: string;
    }[]
  ).filter((e) => e.reason === 'FailedCreate');
  expect(real.some((e) => e.message.startsWith('(combined from similar events): Error creating: pods'))).toBe(
    true,
  );

  const store = emptyStore();
  const about = store.create(pod('p'), manager);
  for (let i = 0; i < 12; i++) {
    store.events.record(
      about,
      'Warning',
      'FailedCreate',
      `Error creating: pods "web-${i}" is forbidden`,
      source,
    );
    pass(store, 1000);
  }
  store.events.record(about, 'Warning', 'FailedCreate', 'Error creating: pods "web-0" is forbidden', source);
  const shown = store.list('events', 'shop').map((e) => `${e['count']} ${e['message']}`);
  expect(shown).toHaveLength(10);
  expect(shown.at(0)).toBe('1 Error creating: pods "web-0" is forbidden');
  expect(shown.at(-1)).toBe('4 (combined from similar events): Error creating: pods "web-0" is forbidden');
});

test('a source that talks too much about one object is cut off, and events go after an hour', () => {
  const store = emptyStore();
  const about = store.create(pod('p'), manager);
  for (let i = 0; i < 40; i++)
    store.events.record(about, 'Warning', 'BackOff', 'Back-off restarting failed container', source);
  expect(store.list('events', 'shop').map((e) => e['count'])).toEqual([25]);
  pass(store, 300_000);
  store.events.record(about, 'Warning', 'BackOff', 'Back-off restarting failed container', source);
  expect(store.list('events', 'shop').map((e) => [e['count'], e['lastTimestamp']])).toEqual([
    [26, '2026-03-01T00:05:00Z'],
  ]);
  pass(store, 3_700_000);
  expect(store.list('events', 'shop')).toEqual([]);
});
