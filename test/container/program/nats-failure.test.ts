import { expect, test } from 'vitest';
import { natsFailureKind } from '../../../src/container/program/nats-connection.ts';

test("errors of the NATS client and of its socket are the program's own kinds", () => {
  const kindOf = (code: string) => natsFailureKind(Object.assign(new Error(code), { code }));
  expect(kindOf('CONNECTION_REFUSED')).toBe('refused');
  // the client wraps a refusal and passes the rest on: no route to a pod that is gone, a packet that was dropped
  expect(kindOf('EHOSTUNREACH')).toBe('connect-timeout');
  expect(kindOf('ETIMEDOUT')).toBe('connect-timeout');
  expect(kindOf('ENOTFOUND')).toBe('not-found');
  expect(kindOf('TIMEOUT')).toBe('timeout');
  expect(kindOf('AUTHORIZATION_VIOLATION')).toBe('auth');
  expect(kindOf('ECONNRESET')).toBe('reset');
  expect(natsFailureKind(new Error('maximum connections exceeded'))).toBe('too-many-clients');
});
