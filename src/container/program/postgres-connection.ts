import pg from 'pg';
import { mix } from '../../base/random.ts';
import type { Failure, FailureKind } from '../../workload/failure.ts';
import type { Link } from '../../workload/host.ts';
import type { Operation } from '../../workload/operations.ts';
import { spread } from '../../workload/spread.ts';
import type { Upstream } from '../../workload/upstream.ts';
import { connectFailure } from './connect.ts';
import { setUpTable, statementFor } from './postgres-statements.ts';
import { connectedWithin, type StoreConnection, StoreLink } from './store-link.ts';

function sqlState(error: unknown): string | undefined {
  const code = (error as { code?: unknown } | undefined)?.code;
  return typeof code === 'string' && /^[0-9A-Z]{5}$/.test(code) ? code : undefined;
}

/** What PostgreSQL's or its client's error means; undefined if it says nothing about the connection itself. */
export function postgresFailureKind(error: unknown): FailureKind | undefined {
  const state = sqlState(error);
  if (state === undefined)
    return error instanceof Error && error.message.startsWith('SASL') ? 'auth' : undefined;
  if (state.startsWith('28') || state === '3D000') return 'auth';
  if (state === '53300') return 'too-many-clients';
  // Starting up or shutting down.
  if (state === '57P03') return 'refused';
  return 'reset';
}

class PostgresConnection implements StoreConnection {
  readonly #client: pg.Client;
  /** Tables that this connection has seen. */
  readonly #tables = new Set<string>();
  constructor(client: pg.Client) {
    this.#client = client;
  }

  async perform(operation: Operation, _trace: unknown, key: number): Promise<void> {
    const text = operation.shape.attributes['db.query.text'];
    const statement = statementFor(typeof text === 'string' ? text : operation.text);
    const workMs = spread(operation.workMs, mix(key, 0xdb));
    if (!this.#tables.has(statement.table)) {
      // For each connection anew: behind the same name there may be a database that has lost its volume.
      await this.#client.query(setUpTable(statement.table));
      this.#tables.add(statement.table);
    }
    await this.#client.query({
      name: statement.name,
      text: statement.sql,
      values: [...statement.values(key, workMs)],
    });
  }

  failureKind(error: unknown): FailureKind {
    return postgresFailureKind(error) ?? 'reset';
  }

  close(): void {
    destroy(this.#client);
  }
}

/** Ends a connection without waiting for what is under way. */
function destroy(client: pg.Client): void {
  // pg's types leave the connection out; `end()` would wait for the running query.
  const { connection } = client as unknown as { connection: { stream: { destroy(): void } } };
  connection.stream.destroy();
}

/** Opens one connection to PostgreSQL, authenticated. */
export async function openPostgres(
  upstream: Upstream,
  ip: string,
  timeoutMs: number,
): Promise<Link | Failure> {
  const client = new pg.Client({
    host: ip,
    port: upstream.port,
    user: upstream.user,
    password: upstream.password,
    database: upstream.database,
  });
  const link = new StoreLink(upstream, ip, new PostgresConnection(client));
  client.on('error', () => link.lost());
  client.on('end', () => link.lost());
  const connect = async (): Promise<Link | Failure> => {
    try {
      await client.connect();
      return link;
    } catch (error) {
      const kind = postgresFailureKind(error);
      return kind === undefined ? connectFailure(upstream, error, ip) : upstream.fail(kind, ip);
    }
  };
  return await connectedWithin(upstream, ip, timeoutMs, connect(), () => destroy(client));
}
