import { describe, expect, it } from 'vitest';
import { errorText, errorType } from '../../src/workload/error-text.ts';
import type { FailureKind, Runtime } from '../../src/workload/failure.ts';
import { Upstream } from '../../src/workload/upstream.ts';

const runtimes: readonly Runtime[] = ['go', 'node', 'java', 'python'];
const network: readonly FailureKind[] = [
  'refused',
  'connect-timeout',
  'not-found',
  'dns-timeout',
  'timeout',
  'reset',
];
const upstream = (protocol: Upstream['protocol']): Upstream =>
  new Upstream({
    name: 'orders-db',
    protocol,
    host: 'orders-db',
    port: 5432,
    timeoutMs: 2000,
    connectTimeoutMs: 1000,
    attempts: 1,
    backoffMs: 100,
    idleMs: 1000,
    maxAgeMs: 1000,
    pool: { max: 10, acquireTimeoutMs: 3000, leakRatio: 0 },
    user: 'orders',
    password: 'secret',
    database: 'shop',
  });

function texts(runtime: Runtime, protocol: Upstream['protocol'], kinds: readonly FailureKind[]): string[] {
  return kinds.map((kind) => {
    const failure = upstream(protocol).fail(
      kind,
      kind === 'not-found' || kind === 'dns-timeout' ? '' : '10.96.4.7',
      kind === 'status' ? 500 : 0,
    );
    failure.operation = protocol === 'http' ? 'POST /charge' : 'SELECT orders';
    expect(errorType(runtime, failure)).not.toBe('');
    return errorText(runtime, failure);
  });
}

describe.each(runtimes)('error texts of %s', (runtime) => {
  it.each([
    ['http', [...network, 'status']],
    ['postgres', [...network, 'pool-timeout', 'too-many-clients', 'auth']],
    ['redis', [...network, 'too-many-clients', 'auth']],
    ['nats', network],
  ] as const)('tell the failures of %s apart', (protocol, kinds) => {
    const all = texts(runtime, protocol, kinds);
    expect(new Set(all).size).toBe(kinds.length);
    for (const text of all) {
      expect(text.length).toBeGreaterThanOrEqual('EOF'.length);
      expect(text).not.toMatch(/undefined|secret/);
    }
  });
});

it('are those of the real libraries', () => {
  expect(texts('go', 'http', ['refused', 'timeout'])).toEqual([
    'Post "http://orders-db:5432/charge": dial tcp 10.96.4.7:5432: connect: connection refused',
    'Post "http://orders-db:5432/charge": context deadline exceeded (Client.Timeout exceeded while awaiting headers)',
  ]);
  expect(texts('go', 'postgres', ['auth'])).toEqual([
    'failed to connect to `user=orders database=shop`: 10.96.4.7:5432 (orders-db): failed SASL auth: FATAL: password authentication failed for user "orders" (SQLSTATE 28P01)',
  ]);
});
