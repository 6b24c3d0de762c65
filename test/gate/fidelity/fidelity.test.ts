import { describe, expect, test } from 'vitest';
import type { BundleSignals } from '../../../src/gate/fidelity/bundle-signals.ts';
import { compareSignals } from '../../../src/gate/fidelity/compare-signals.ts';
import { statesInPatch, statesOfPod } from '../../../src/gate/fidelity/container-states.ts';
import { errorKindOf, isErrorLine } from '../../../src/gate/fidelity/error-kinds.ts';
import { readEvents } from '../../../src/gate/fidelity/event-signals.ts';
import { explain } from '../../../src/gate/fidelity/explanations.ts';
import { fidelityMarkdown } from '../../../src/gate/fidelity/fidelity-report.ts';
import { fieldsOf } from '../../../src/gate/fidelity/object-fields.ts';
import type { EventLine } from '../../../src/spec/bundle.ts';

describe('kinds of errors', () => {
  test.each([
    ['dial tcp 10.96.1.2:8080: connect: connection refused', 'refused'],
    ['connect ECONNREFUSED 10.96.1.2:8080', 'refused'],
    ['dial tcp 10.96.1.2:8080: i/o timeout', 'timed-out'],
    ['context deadline exceeded', 'timed-out'],
    ['lookup payment on 10.96.0.10:53: no such host', 'name-not-found'],
    ['getaddrinfo EAI_AGAIN payment', 'name-not-found'],
    ['read tcp: connection reset by peer', 'reset'],
    ['HikariPool-1 - Connection is not available, request timed out after 500ms', 'pool-exhausted'],
    ['FATAL: sorry, too many clients already', 'too-many-clients'],
    ['password authentication failed for user "orders"', 'authentication'],
    ['Request failed with status code 502', 'server-error'],
    ['unexpected status: 502 Bad Gateway', 'server-error'],
    ['listening on 8080', undefined],
  ])('%s', (text, kind) => expect(errorKindOf(text)).toBe(kind));

  test('are looked for in lines of that level only', () => {
    expect(isErrorLine('{"level":50,"msg":"request failed"}')).toBe(true);
    expect(isErrorLine('2026-08-30T15:05:58.320Z ERROR 1 --- [exec-1] Handler : failed')).toBe(true);
    expect(isErrorLine('{"level":30,"msg":"no error at all"}')).toBe(false);
  });
});

describe('container states', () => {
  const crash = { waiting: { reason: 'CrashLoopBackOff', message: 'back-off' } };
  test('are read from a status and from every form of patch', () => {
    const status = {
      containerStatuses: [{ state: crash, lastState: { terminated: { reason: 'OOMKilled' } } }],
    };
    const states = ['waiting CrashLoopBackOff', 'terminated OOMKilled'];
    expect(statesOfPod({ status })).toEqual(states);
    expect(statesInPatch([{ op: 'add', path: '', value: { status } }])).toEqual(states);
    expect(
      statesInPatch([{ op: 'add', path: '/status/containerStatuses', value: status.containerStatuses }]),
    ).toEqual(states);
    const state = '/status/containerStatuses/0/state';
    expect(statesInPatch([{ op: 'replace', path: state, value: crash }])).toEqual(states.slice(0, 1));
    expect(statesInPatch([{ op: 'add', path: `${state}/waiting`, value: crash.waiting }])).toEqual(
      states.slice(0, 1),
    );
    expect(
      statesInPatch([
        { op: 'remove', path: `${state}/running` },
        { op: 'replace', path: `${state}/waiting/reason`, value: 'ImagePullBackOff' },
        { op: 'replace', path: '/status/reason', value: 'Evicted' },
      ]),
    ).toEqual(['waiting ImagePullBackOff']);
  });
});

test('fields of objects: list items share a field, keys of data are none', () => {
  expect([
    ...fieldsOf({
      metadata: { labels: { a: '1', b: '2' } },
      spec: { containers: [{ name: 'x' }, { name: 'y', image: 'z' }], selector: { app: 'a' }, empty: null },
    }),
  ]).toEqual(['metadata.labels', 'spec.containers[].name', 'spec.containers[].image', 'spec.selector']);
});

test('a probe that fails because its pod ends is told apart from one that fails, and is chance', async () => {
  const event = (second: number, reason: string, name: string, message: string) => ({
    involvedObject: { kind: 'Pod', namespace: 'shop', name },
    reason,
    message,
    lastTimestamp: `2026-11-01T10:00:${second}Z`,
  });
  async function* lines() {
    yield event(10, 'Killing', 'early', 'Stopping container c');
    yield event(20, 'Unhealthy', 'a', 'Readiness probe failed');
    yield event(21, 'Killing', 'a', 'Container c failed liveness probe, will be restarted');
    yield event(22, 'Unhealthy', 'a', 'Readiness probe failed');
    yield event(23, 'Killing', 'b', 'Stopping container c');
    yield event(24, 'Unhealthy', 'b', 'Readiness probe failed');
  }
  const { events } = await readEvents(
    lines() as unknown as AsyncIterable<EventLine>,
    { fold: (entity: string) => entity },
    new Set(['shop']),
    Date.parse('2026-11-01T10:00:15Z'),
  );
  const ending = 'Unhealthy Pod shop/Pod/b, ending';
  expect([...events]).toEqual([
    'Unhealthy Pod shop/Pod/a',
    'Killing Pod shop/Pod/a',
    'Killing Pod shop/Pod/b',
    ending,
  ]);
  expect(explain('events', ending, 'kind')?.from).toBe('chance');
  expect(explain('events', 'Unhealthy Pod shop/Pod/a', 'kind')).toBeUndefined();
});

describe('a comparison', () => {
  const signals = (parts: Partial<BundleSignals>): BundleSignals => ({
    provider: 'embedded',
    kubernetes: 'v1.34.2',
    scenario: 'x',
    eventReasons: new Set(),
    events: new Set(),
    containerStates: new Set(),
    conditionTypes: new Set(),
    alerts: [],
    incidentLengthMs: 120_000,
    services: [],
    errorKinds: new Map(),
    calls: new Map(),
    objectKinds: new Set(),
    objectFields: new Set(),
    rootCauses: new Set(),
    symptoms: new Set(),
    heuristics: new Map(),
    ...parts,
  });
  const of = (a: Partial<BundleSignals>, b: Partial<BundleSignals>, ...again: Partial<BundleSignals>[]) =>
    new Map(
      compareSignals(signals(a), signals(b), {
        resolutionMs: 10_000,
        again: again.map(signals),
      }).map((one) => [one.signal, one]),
    );
  /** Alerts by the second in which they fired. */
  const fired = (seconds: Readonly<Record<string, number>>) => ({
    alerts: Object.entries(seconds).map(([id, second]) => ({ id, firstMs: second * 1000 })),
  });

  test('of equal bundles is all ones; nothing against nothing is equal', () => {
    for (const { agreement, differences } of of({}, {}).values())
      expect([agreement, differences]).toEqual([1, []]);
  });

  test('is the Jaccard index for sets and names who sees what', () => {
    const compared = of(
      { eventReasons: new Set(['a', 'b', 'c']) },
      { eventReasons: new Set(['b', 'c', 'd']) },
    );
    expect(compared.get('event reasons')).toMatchObject({
      agreement: 0.5,
      shared: 2,
      differences: [
        { what: 'a', seenBy: 'embedded' },
        { what: 'd', seenBy: 'kind' },
      ],
    });
  });

  test('counts pairs of alerts in one order, where both sides show one: closer than the resolution is no order', () => {
    const compared = of(
      fired({ a: 10, x: 20, b: 30, c: 50, d: 55 }),
      fired({ a: 10, c: 30, b: 45, d: 70, y: 80 }),
    );
    // a-b, a-c, a-d and b-d come in one order, b-c in another, and c-d is too close on the one side
    expect(compared.get('order of alerts')).toMatchObject({
      agreement: 4 / 5,
      differences: [{ what: 'b before c' }],
    });
    expect(compared.get('alerts')).toMatchObject({ agreement: 4 / 6 });
  });

  test('leaves out alerts that came too late for the other side to follow', () => {
    const compared = of(fired({ a: 10, b: 109 }), fired({ a: 10, c: 111 })).get('alerts');
    expect(compared?.differences).toEqual([{ what: 'b', seenBy: 'embedded' }]);
  });

  test('tells of what was seen a few times on one side only, and does not count it', () => {
    const compared = of(
      {
        calls: new Map([
          ['a', 40],
          ['b', 4],
          ['c', 5],
        ]),
      },
      { calls: new Map([['a', 1]]) },
    ).get('call graph');
    expect(compared).toMatchObject({ shared: 1, agreement: 1 / 3, adjusted: 1 / 2 });
    expect(compared?.differences.map(({ what, explanation }) => [what, explanation?.from])).toEqual([
      ['b', 'chance'],
      ['c', undefined],
    ]);
  });

  test('takes it for chance whom of several a quota refused first, and what follows from it', () => {
    const refused = (name: string) => `FailedCreate ReplicaSet shop/Deployment/${name}`;
    const compared = of(
      {
        events: new Set([
          refused('a'),
          refused('b'),
          'Started Pod shop/Deployment/c',
          'Started Pod shop/Deployment/x',
        ]),
      },
      { events: new Set([refused('a'), refused('c'), 'Started Pod shop/Deployment/b']) },
    ).get('events');
    expect(compared).toMatchObject({ shared: 1, adjusted: 1 / 2 });
    expect(
      compared?.differences.filter(({ explanation }) => explanation === undefined).map(({ what }) => what),
    ).toEqual(['Started Pod shop/Deployment/x']);
  });

  test('takes for chance what a second real run does not show the same way, and tells how far real runs agree', () => {
    const compared = of(
      { events: new Set(['a', 'b', 'c']) },
      { events: new Set(['b', 'd', 'e']) },
      { events: new Set(['b', 'c', 'e']) },
    ).get('events');
    expect(compared).toMatchObject({ agreement: 1 / 5, adjusted: 1 / 3, ceiling: 1 / 2 });
    expect(compared?.differences.map(({ what, explanation }) => [what, explanation?.from])).toEqual([
      ['a', undefined],
      ['c', 'chance'],
      ['d', 'chance'],
      ['e', undefined],
    ]);
  });

  test('counts, of several further runs, what all of them show as the first does', () => {
    const compared = of(
      { events: new Set(['a', 'b', 'c']) },
      { events: new Set(['b', 'd', 'e']) },
      { events: new Set(['b', 'c', 'd', 'e']) },
      { events: new Set(['a', 'b', 'e']) },
    ).get('events');
    // pairs of real runs: 3/4, 2/4 and 2/5
    expect(compared).toMatchObject({ agreement: 1 / 5, adjusted: 1 / 2, ceiling: (0.75 + 0.5 + 0.4) / 3 });
    const counts = compared?.differences.filter(({ explanation }) => explanation === undefined);
    expect(counts?.map(({ what }) => what)).toEqual(['e']);
  });

  test('takes it for chance what stood on a lost node, and what its callers tell of it; not what follows further on', () => {
    const evicted = (name: string) => `TaintManagerEviction Pod shop/StatefulSet/${name}`;
    const calls = new Map([
      ['stock → stock-db postgresql', 9],
      ['front → stock http', 9],
    ]);
    const of2 = (other: Partial<BundleSignals>) =>
      of(
        {
          events: new Set([evicted('cache'), evicted('stock-db')]),
          containerStates: new Set([
            'shop/Deployment/stock waiting CrashLoopBackOff',
            'shop/Deployment/front terminated Error',
            'shop/StatefulSet/stock-db-copy terminated Error',
          ]),
          calls,
        },
        { calls, ...other },
      ).get('container states');
    const judged = (compared: ReturnType<typeof of2>) =>
      compared?.differences.filter(({ explanation }) => explanation === undefined).map(({ what }) => what);
    expect(judged(of2({ events: new Set([evicted('cache')]) }))).toEqual([
      'shop/Deployment/front terminated Error',
      'shop/StatefulSet/stock-db-copy terminated Error',
    ]);
    // the same was lost, or nothing at all: then it is a difference
    expect(judged(of2({ events: new Set([evicted('cache'), evicted('stock-db')]) }))).toHaveLength(3);
    expect(judged(of2({}))).toHaveLength(3);
  });

  test('compares what happened to services by word, not by number', () => {
    const shift = (service: string, errors: 'more' | 'same', detail: string) =>
      ({ service, errors, latency: 'same', detail }) as const;
    const compared = of(
      { services: [shift('a', 'more', '0 → 40 %'), shift('b', 'same', '')] },
      { services: [shift('a', 'more', '0 → 55 %'), shift('b', 'more', '0 → 7 %')] },
    ).get('service shifts');
    expect(compared?.agreement).toBe(0.5);
    expect(compared?.differences[0]?.what).toContain('b: embedded same errors');
  });

  test('is told as a table with every difference', () => {
    const result = {
      scenario: 'x',
      embedded: { provider: 'embedded', kubernetes: 'v1.34.2' },
      kind: { provider: 'kind', kubernetes: 'v1.20.2' },
      signals: [...of({ calls: new Map([['a → b http', 9]]) }, {}).values()],
    };
    const text = fidelityMarkdown([result], 'culprit fidelity x', 10_000);
    expect(text).toContain('| call graph | 0.00 | 0.00 |');
    expect(text).toContain('- a → b http (embedded only)');
  });
});
