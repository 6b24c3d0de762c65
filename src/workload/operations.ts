import { Histogram, type Labels } from './metrics.ts';
import type { SpanShape } from './tracing.ts';
import type { Upstream } from './upstream.ts';

/** Bounds of client-side histograms in seconds: coarser, for there are many of them. */
const clientBounds: readonly number[] = [0.005, 0.025, 0.1, 0.5, 1, 2.5];

/** What is sent over a Link: a request, a query, a command, a message. */
export interface Operation {
  readonly upstream: Upstream;
  /** `POST /charge`, the SQL text, the Redis command, the NATS subject. */
  readonly text: string;
  /** Repeating it does no harm. */
  readonly isSafe: boolean;
  /** Work on the other side, for stores. */
  readonly workMs: number;
  readonly shape: SpanShape;
}

/** A request; `route` is "POST /charge". */
export function httpOperation(upstream: Upstream, route: string): Operation {
  const space = route.indexOf(' ');
  const method = space < 0 ? 'GET' : route.slice(0, space);
  const path = route.slice(space + 1);
  return {
    upstream,
    text: `${method} ${path}`,
    isSafe: method === 'GET' || method === 'HEAD',
    workMs: 0,
    shape: {
      name: `${method} ${path}`,
      kind: 'CLIENT',
      attributes: {
        'http.request.method': method,
        'url.template': path,
        'server.address': upstream.host,
        'server.port': upstream.port,
        'peer.service': upstream.name,
      },
    },
  };
}

/** A query; `workMs` is the server's time. */
export function queryOperation(upstream: Upstream, statement: string, workMs: number): Operation {
  const summary = querySummary(statement);
  return {
    upstream,
    text: summary,
    isSafe: /^\s*select/i.test(statement),
    workMs,
    shape: {
      name: summary,
      kind: 'CLIENT',
      attributes: {
        'db.system.name': 'postgresql',
        'db.namespace': upstream.database,
        'db.query.summary': summary,
        'db.query.text': statement,
        'db.operation.name': summary.split(' ')[0] ?? '',
        'server.address': upstream.host,
        'server.port': upstream.port,
      },
    },
  };
}

/** A Redis command. */
export function cacheOperation(upstream: Upstream, command: string): Operation {
  const verb = command.split(' ')[0] ?? command;
  return {
    upstream,
    text: verb,
    isSafe: /^(M?GET|HGET|HGETALL|EXISTS|TTL)$/i.test(verb),
    workMs: 0.05,
    shape: {
      name: verb,
      kind: 'CLIENT',
      attributes: {
        'db.system.name': 'redis',
        'db.operation.name': verb,
        'db.query.text': command,
        'server.address': upstream.host,
        'server.port': upstream.port,
      },
    },
  };
}

/** A message to a subject. */
export function publishOperation(upstream: Upstream, subject: string): Operation {
  return {
    upstream,
    text: subject,
    isSafe: false,
    workMs: 0.1,
    shape: {
      name: `publish ${subject}`,
      kind: 'PRODUCER',
      attributes: {
        'messaging.system': 'nats',
        'messaging.operation.type': 'send',
        'messaging.operation.name': 'publish',
        'messaging.destination.name': subject,
        'server.address': upstream.host,
        'server.port': upstream.port,
      },
    },
  };
}

/** `SELECT orders` for `SELECT id FROM orders WHERE …`: OpenTelemetry's db.query.summary. */
export function querySummary(statement: string): string {
  const verb = (/^\s*(\w+)/.exec(statement)?.[1] ?? 'QUERY').toUpperCase();
  const table = /\b(?:from|into|update|table(?:\s+if\s+not\s+exists)?)\s+"?([\w.]+)"?/i.exec(statement)?.[1];
  return table === undefined ? verb : `${verb} ${table}`;
}

/** Durations of the exchanges with an upstream that had this outcome: an HTTP status or an `error.type`. */
export function clientHistogram(upstream: Upstream, outcome: string | number): Histogram {
  const server = { server_address: upstream.host };
  const isError = typeof outcome === 'string' || outcome >= 400;
  const failed: Labels = isError ? { error_type: String(outcome) } : {};
  if (upstream.protocol === 'http') {
    const status = typeof outcome === 'number' ? { http_response_status_code: String(outcome) } : {};
    return new Histogram(
      'http_client_request_duration_seconds',
      { ...server, ...status, ...failed },
      clientBounds,
    );
  }
  if (upstream.protocol === 'nats') {
    return new Histogram(
      'messaging_client_operation_duration_seconds',
      { ...server, messaging_system: 'nats', ...failed },
      clientBounds,
    );
  }
  const system = upstream.protocol === 'postgres' ? 'postgresql' : 'redis';
  return new Histogram(
    'db_client_operation_duration_seconds',
    { ...server, db_system_name: system, ...failed },
    clientBounds,
  );
}
