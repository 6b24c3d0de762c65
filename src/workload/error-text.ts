import type { Failure, FailureKind, Runtime } from './failure.ts';
import type { Upstream } from './upstream.ts';

const reasons: Readonly<Record<number, string>> = {
  400: 'Bad Request',
  402: 'Payment Required',
  404: 'Not Found',
  409: 'Conflict',
  422: 'Unprocessable Entity',
  429: 'Too Many Requests',
  500: 'Internal Server Error',
  502: 'Bad Gateway',
  503: 'Service Unavailable',
  504: 'Gateway Timeout',
};

/** `500 Internal Server Error`. */
function statusText(status: number): string {
  const reason = reasons[status];
  return reason === undefined ? String(status) : `${status} ${reason}`;
}

const seconds = (ms: number): string => (ms / 1000).toFixed(ms % 1000 === 0 ? 1 : 2);
const fatal = (failure: Failure, upstream: Upstream): string => {
  if (upstream.protocol === 'redis') {
    return failure.kind === 'auth'
      ? 'WRONGPASS invalid username-password pair or user is disabled.'
      : 'ERR max number of clients reached';
  }
  return failure.kind === 'auth'
    ? `password authentication failed for user "${upstream.user}"`
    : 'sorry, too many clients already';
};

function goText(failure: Failure, upstream: Upstream): string {
  const target = `${failure.ip}:${upstream.port}`;
  const network: Partial<Record<FailureKind, string>> = {
    refused: `dial tcp ${target}: connect: connection refused`,
    'connect-timeout': `dial tcp ${target}: i/o timeout`,
    'not-found': `dial tcp: lookup ${upstream.host} on 10.96.0.10:53: no such host`,
    'dns-timeout': `dial tcp: lookup ${upstream.host} on 10.96.0.10:53: read udp 10.96.0.10:53: i/o timeout`,
    timeout: 'context deadline exceeded',
    reset: `read tcp ${target}: read: connection reset by peer`,
  };
  if (upstream.protocol === 'http') {
    if (failure.kind === 'status') return `unexpected status: ${statusText(failure.status)}`;
    const space = failure.operation.indexOf(' ');
    const method = failure.operation.slice(0, space);
    const verb = method.slice(0, 1) + method.slice(1).toLowerCase();
    const url = `http://${upstream.address}${failure.operation.slice(space + 1)}`;
    const suffix = failure.kind === 'timeout' ? ' (Client.Timeout exceeded while awaiting headers)' : '';
    return `${verb} "${url}": ${network[failure.kind] ?? failure.kind}${suffix}`;
  }
  if (failure.kind === 'pool-timeout') {
    return `acquire connection: context deadline exceeded: connection pool exhausted (${failure.inUse} of ${upstream.poolMax} in use, ${failure.waiting} waiting)`;
  }
  if (upstream.protocol === 'postgres') {
    const connect = `failed to connect to \`user=${upstream.user} database=${upstream.database}\`: ${failure.ip === '' ? '' : `${target} (${upstream.host}): `}`;
    if (failure.kind === 'auth')
      return `${connect}failed SASL auth: FATAL: ${fatal(failure, upstream)} (SQLSTATE 28P01)`;
    if (failure.kind === 'too-many-clients')
      return `${connect}server error: FATAL: ${fatal(failure, upstream)} (SQLSTATE 53300)`;
    if (failure.kind === 'timeout') return 'timeout: context deadline exceeded';
    if (failure.kind === 'reset') return 'unexpected EOF';
    return `${connect}dial error: ${network[failure.kind] ?? failure.kind}`;
  }
  if (upstream.protocol === 'redis') {
    if (failure.kind === 'timeout') return `read tcp ${target}: i/o timeout`;
    if (failure.kind === 'reset') return 'EOF';
  }
  if (upstream.protocol === 'nats' && failure.kind === 'timeout') return 'nats: timeout';
  return network[failure.kind] ?? fatal(failure, upstream);
}

function nodeText(failure: Failure, upstream: Upstream): string {
  const target = `${failure.ip}:${upstream.port}`;
  switch (failure.kind) {
    case 'refused':
      return `connect ECONNREFUSED ${target}`;
    case 'connect-timeout':
      return `connect ETIMEDOUT ${target}`;
    case 'not-found':
      return `getaddrinfo ENOTFOUND ${upstream.host}`;
    case 'dns-timeout':
      return `getaddrinfo EAI_AGAIN ${upstream.host}`;
    case 'timeout':
      if (upstream.protocol === 'postgres') return 'Query read timeout';
      if (upstream.protocol === 'redis') return 'Command timed out';
      if (upstream.protocol === 'nats') return 'TIMEOUT';
      return `timeout of ${upstream.timeoutMs}ms exceeded`;
    case 'reset':
      if (upstream.protocol === 'postgres') return 'Connection terminated unexpectedly';
      return upstream.protocol === 'http' ? 'socket hang up' : 'read ECONNRESET';
    case 'status':
      return `Request failed with status code ${failure.status}`;
    case 'pool-timeout':
      return 'timeout exceeded when trying to connect';
    default:
      return fatal(failure, upstream);
  }
}

function javaText(failure: Failure, upstream: Upstream): string {
  const target = `${upstream.host}/${failure.ip}:${upstream.port}`;
  const space = failure.operation.indexOf(' ');
  switch (failure.kind) {
    case 'refused':
      return `java.net.ConnectException: Connection refused: ${target}`;
    case 'connect-timeout':
      return `java.net.SocketTimeoutException: Connect timed out: ${target}`;
    case 'not-found':
      return `java.net.UnknownHostException: ${upstream.host}: Name or service not known`;
    case 'dns-timeout':
      return `java.net.UnknownHostException: ${upstream.host}: Temporary failure in name resolution`;
    case 'timeout':
      if (upstream.protocol === 'postgres')
        return 'org.postgresql.util.PSQLException: An I/O error occurred while sending to the backend: Read timed out';
      if (upstream.protocol === 'redis')
        return `io.lettuce.core.RedisCommandTimeoutException: Command timed out after ${upstream.timeoutMs} millisecond(s)`;
      return `java.net.http.HttpTimeoutException: request timed out after ${upstream.timeoutMs} ms`;
    case 'reset':
      return 'java.net.SocketException: Connection reset';
    case 'status':
      return `feign.FeignException: [${statusText(failure.status)}] during [${failure.operation.slice(0, space)}] to [http://${upstream.address}${failure.operation.slice(space + 1)}]`;
    case 'pool-timeout':
      return `java.sql.SQLTransientConnectionException: HikariPool-1 - Connection is not available, request timed out after ${upstream.acquireTimeoutMs}ms (total=${upstream.poolMax}, active=${failure.inUse}, idle=0, waiting=${failure.waiting})`;
    default:
      return upstream.protocol === 'redis'
        ? `io.lettuce.core.RedisCommandExecutionException: ${fatal(failure, upstream)}`
        : `org.postgresql.util.PSQLException: FATAL: ${fatal(failure, upstream)}`;
  }
}

function pythonText(failure: Failure, upstream: Upstream): string {
  const http = upstream.protocol === 'http';
  const path = failure.operation.slice(failure.operation.indexOf(' ') + 1);
  const pool = `HTTPConnectionPool(host='${upstream.host}', port=${upstream.port})`;
  const exceeded = (cause: string): string =>
    `${pool}: Max retries exceeded with url: ${path} (Caused by ${cause})`;
  const server = `connection to server at "${upstream.host}"${failure.ip === '' ? '' : ` (${failure.ip})`}, port ${upstream.port} failed: `;
  const prefix = upstream.protocol === 'postgres' ? server : '';
  switch (failure.kind) {
    case 'refused':
      if (http)
        return exceeded(
          "NewConnectionError('Failed to establish a new connection: [Errno 111] Connection refused')",
        );
      return upstream.protocol === 'postgres'
        ? `${server}Connection refused`
        : `Error 111 connecting to ${upstream.address}. Connection refused.`;
    case 'connect-timeout':
      if (http)
        return exceeded(
          `ConnectTimeoutError('Connection to ${upstream.host} timed out. (connect timeout=${seconds(upstream.connectTimeoutMs)})')`,
        );
      return upstream.protocol === 'postgres'
        ? `${server}timeout expired`
        : `Timeout connecting to server ${upstream.address}`;
    case 'not-found':
      if (http)
        return exceeded(
          `NameResolutionError("Failed to resolve '${upstream.host}' ([Errno -2] Name or service not known)")`,
        );
      return `${prefix}could not translate host name "${upstream.host}" to address: Name or service not known`;
    case 'dns-timeout':
      if (http)
        return exceeded(
          `NameResolutionError("Failed to resolve '${upstream.host}' ([Errno -3] Temporary failure in name resolution)")`,
        );
      return `${prefix}could not translate host name "${upstream.host}" to address: Temporary failure in name resolution`;
    case 'timeout':
      if (http) return `${pool}: Read timed out. (read timeout=${seconds(upstream.timeoutMs)})`;
      return upstream.protocol === 'postgres'
        ? 'canceling statement due to statement timeout'
        : `Timeout reading from ${upstream.address}`;
    case 'reset':
      if (upstream.protocol === 'postgres') return 'server closed the connection unexpectedly';
      return "('Connection aborted.', ConnectionResetError(104, 'Connection reset by peer'))";
    case 'status':
      return `${failure.status} ${failure.status >= 500 ? 'Server' : 'Client'} Error: ${reasons[failure.status] ?? ''} for url: http://${upstream.address}${path}`;
    case 'pool-timeout':
      return `QueuePool limit of size ${upstream.poolMax} overflow 0 reached, connection timed out, timeout ${(upstream.acquireTimeoutMs / 1000).toFixed(2)}`;
    default:
      return upstream.protocol === 'postgres'
        ? `${server}FATAL:  ${fatal(failure, upstream)}`
        : fatal(failure, upstream);
  }
}

const texts: Readonly<Record<Runtime, (failure: Failure, upstream: Upstream) => string>> = {
  go: goText,
  node: nodeText,
  java: javaText,
  python: pythonText,
};

/** What the client library of this runtime says about the failure. */
export function errorText(runtime: Runtime, failure: Failure): string {
  return failure.upstream === undefined ? failure.operation : texts[runtime](failure, failure.upstream);
}

type Types = Readonly<Partial<Record<FailureKind, string>>>;
const errorTypes: Readonly<Record<Runtime, Types>> = {
  go: {
    refused: 'connection_refused',
    'connect-timeout': 'dial_timeout',
    'not-found': 'no_such_host',
    'dns-timeout': 'dns_timeout',
    timeout: 'deadline_exceeded',
    reset: 'connection_reset',
    'pool-timeout': 'pool_exhausted',
  },
  node: {
    refused: 'ECONNREFUSED',
    'connect-timeout': 'ETIMEDOUT',
    'not-found': 'ENOTFOUND',
    'dns-timeout': 'EAI_AGAIN',
    timeout: 'ECONNABORTED',
    reset: 'ECONNRESET',
    'pool-timeout': 'pool_timeout',
  },
  java: {
    refused: 'java.net.ConnectException',
    'connect-timeout': 'java.net.SocketTimeoutException',
    'not-found': 'java.net.UnknownHostException',
    'dns-timeout': 'java.net.UnknownHostException',
    timeout: 'java.net.http.HttpTimeoutException',
    reset: 'java.net.SocketException',
    'pool-timeout': 'java.sql.SQLTransientConnectionException',
  },
  python: {
    refused: 'NewConnectionError',
    'connect-timeout': 'ConnectTimeoutError',
    'not-found': 'NameResolutionError',
    'dns-timeout': 'NameResolutionError',
    timeout: 'ReadTimeoutError',
    reset: 'ConnectionResetError',
    'pool-timeout': 'sqlalchemy.exc.TimeoutError',
  },
};

/** `error.type` as the instrumentation of this runtime reports it: few values, each a kind of failure. */
export function errorType(runtime: Runtime, failure: Failure): string {
  if (failure.kind === 'status' || failure.kind === 'answer') return String(failure.status);
  const redis = failure.upstream?.protocol === 'redis';
  if (failure.kind === 'auth') return redis ? 'WRONGPASS' : '28P01';
  if (failure.kind === 'too-many-clients') return redis ? 'ERR' : '53300';
  return errorTypes[runtime][failure.kind] ?? failure.kind;
}
