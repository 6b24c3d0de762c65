import { querySummary } from '../../workload/operations.ts';

/**
 * Of a query's time so much is CPU; the rest is waiting for storage. On the embedded cluster, where nodes have cores of
 * their own, it is 0.6; here all nodes may share two, and three quarters of one would be the orders' database on a busy
 * evening: a machine that is a little slower then had no room for the same load in a healthy world.
 */
const cpuShare = 0.25;
/** So many different rows are read and written. */
const rows = 100_000;
const fallbackTable = 'settings';

/** What is sent for a statement of a description. */
export interface PreparedStatement {
  readonly table: string;
  /** Prepared once per connection under this name. */
  readonly name: string;
  readonly sql: string;
  /** For the operation `key` that keeps the server busy for `workMs`. */
  values(key: number, workMs: number): readonly [number, number, number];
}

const prepared = new Map<string, PreparedStatement>();

/**
 * A description's statement as it is really run: it reads or writes a row of the table that it names, and has the
 * server spend the time that it says: part computing, part waiting.
 */
export function statementFor(statement: string): PreparedStatement {
  let found = prepared.get(statement);
  if (found === undefined) {
    found = prepare(statement);
    prepared.set(statement, found);
  }
  return found;
}

function prepare(statement: string): PreparedStatement {
  const [verb = 'SELECT', named] = querySummary(statement).split(' ');
  const table = (named ?? fallbackTable).toLowerCase();
  const sql = `WITH touched AS (${touch(verb, quoted(table))}) SELECT spend($2::float8), pg_sleep($3::float8), (SELECT count(*) FROM touched)`;
  return {
    table,
    name: `${verb} ${table}`.slice(0, 60),
    sql,
    values: (key, workMs) => [key % rows, workMs * cpuShare, (workMs * (1 - cpuShare)) / 1000],
  };
}

function touch(verb: string, table: string): string {
  if (verb === 'DELETE') return `DELETE FROM ${table} WHERE id = $1::bigint RETURNING id`;
  if (verb === 'INSERT' || verb === 'UPDATE')
    return `INSERT INTO ${table} (id) VALUES ($1::bigint) ON CONFLICT (id) DO UPDATE SET updated_at = now() RETURNING id`;
  return `SELECT id FROM ${table} WHERE id = $1::bigint`;
}

const quoted = (name: string): string => `"${name.replaceAll('"', '""')}"`;

/**
 * Makes what a statement on `table` needs, unless it is there: the table, and a function that computes for so many
 * milliseconds, at the speed measured here.
 */
export function setUpTable(table: string): string {
  return `
DO $setup$
DECLARE
  began timestamptz;
  took float8;
  best float8 := 1e9;
  x bigint := 1;
BEGIN
  IF to_regclass('${quoted(table).replaceAll("'", "''")}') IS NOT NULL AND to_regprocedure('spend(float8)') IS NOT NULL THEN RETURN; END IF;
  PERFORM pg_advisory_xact_lock(72613);
  CREATE TABLE IF NOT EXISTS ${quoted(table)} (id bigint PRIMARY KEY, updated_at timestamptz NOT NULL DEFAULT now());
  IF to_regprocedure('spend(float8)') IS NOT NULL THEN RETURN; END IF;
  FOR attempt IN 1..7 LOOP
    began := clock_timestamp();
    FOR i IN 1..20000 LOOP x := (x * 1103515245 + 12345) % 2147483648; END LOOP;
    took := extract(epoch FROM clock_timestamp() - began) * 1000;
    IF took < best THEN best := took; END IF;
  END LOOP;
  EXECUTE format($make$
    CREATE FUNCTION spend(ms float8) RETURNS void LANGUAGE plpgsql VOLATILE AS $body$
    DECLARE x bigint := 1;
    BEGIN
      FOR i IN 1..(ms * %s)::bigint LOOP x := (x * 1103515245 + 12345) %% 2147483648; END LOOP;
    END $body$
  $make$, 20000 / best);
END $setup$`;
}
