import { lookup } from 'node:dns';
import { connect, isIP, type Socket } from 'node:net';
import { Failure, type FailureKind } from '../../workload/failure.ts';
import type { Upstream } from '../../workload/upstream.ts';

const kinds: Readonly<Record<string, FailureKind>> = {
  ECONNREFUSED: 'refused',
  ENOTFOUND: 'not-found',
  EAI_AGAIN: 'dns-timeout',
  ETIMEDOUT: 'connect-timeout',
  EHOSTUNREACH: 'connect-timeout',
  ENETUNREACH: 'connect-timeout',
};

/** What an error of a socket or the resolver means while a connection is being made; anything else is a reset. */
export function connectFailure(upstream: Upstream, error: unknown, ip = ''): Failure {
  return upstream.fail(connectFailureKind(error), ip);
}

/** The kind of such a failure, by the code that Node gives it. */
export function connectFailureKind(error: unknown): FailureKind {
  const code = (error as { code?: unknown } | undefined)?.code;
  return (typeof code === 'string' ? kinds[code] : undefined) ?? 'reset';
}

/**
 * The upstream's address by its name, each time anew as the resolver answers. Calls back once, later, with an IPv4
 * address or a Failure; `dns-timeout` after `timeoutMs`.
 */
export function resolveAddress(
  upstream: Upstream,
  timeoutMs: number,
  done: (address: string | Failure) => void,
): void {
  let isDone = false;
  const finish = (address: string | Failure): void => {
    if (isDone) return;
    isDone = true;
    clearTimeout(timer);
    done(address);
  };
  const timer = setTimeout(() => finish(upstream.fail('dns-timeout')), timeoutMs);
  if (isIP(upstream.host) !== 0) {
    setImmediate(() => finish(upstream.host));
    return;
  }
  lookup(upstream.host, { family: 4 }, (error, address) =>
    finish(error === null ? address : connectFailure(upstream, error)),
  );
}

/** An established connection to an address. Calls back once, later; `connect-timeout` after `timeoutMs`. */
export function openSocket(
  upstream: Upstream,
  ip: string,
  timeoutMs: number,
  done: (socket: Socket | Failure) => void,
): void {
  const socket = connect({ host: ip, port: upstream.port, noDelay: true });
  const finish = (outcome: Socket | Failure): void => {
    clearTimeout(timer);
    socket.removeAllListeners();
    if (outcome instanceof Failure) {
      // Whatever it still says is of no interest; unheard, it would end the process.
      socket.on('error', () => {});
      socket.destroy();
    }
    done(outcome);
  };
  const timer = setTimeout(() => finish(upstream.fail('connect-timeout', ip)), timeoutMs);
  socket.once('connect', () => finish(socket));
  socket.once('error', (error) => finish(connectFailure(upstream, error, ip)));
}
