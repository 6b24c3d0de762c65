import pg from 'pg';
import { type ConnectStore, connectTimeoutMs } from './store-probe.ts';

/** PostgreSQL, under the names of postgres_exporter; its own connection is to another database and not counted. */
export const connectPostgres: ConnectStore = async (host, port, { env }) => {
  const user = env['POSTGRES_USER'] ?? 'postgres';
  const client = new pg.Client({
    host,
    port,
    user,
    password: env['POSTGRES_PASSWORD'] ?? '',
    database: 'postgres',
    application_name: 'postgres_exporter',
    connectionTimeoutMillis: connectTimeoutMs,
    query_timeout: 5000,
  });
  // a connection that breaks between two scrapes is noticed by the next
  client.on('error', () => undefined);
  await client.connect();
  return {
    async scrape(emit) {
      const settings = await client.query<{ max: string }>(
        "SELECT setting AS max FROM pg_settings WHERE name = 'max_connections'",
      );
      emit('pg_up', {}, 1);
      emit('pg_settings_max_connections', {}, Number(settings.rows[0]?.max));
      const databases = await client.query<Record<string, string | number>>(
        "SELECT * FROM pg_stat_database WHERE datname NOT IN ('postgres', 'template0', 'template1')",
      );
      const activity = await client.query<{ datname: string; state: string; count: string }>(
        "SELECT datname, state, count(*) FROM pg_stat_activity WHERE backend_type = 'client backend' GROUP BY 1, 2",
      );
      for (const row of databases.rows) {
        const datname = String(row['datname']);
        const states = new Map([
          ['active', 0],
          ['idle', 0],
        ]);
        for (const { datname: of, state, count } of activity.rows)
          if (of === datname && state !== null) states.set(state, Number(count));
        for (const [state, count] of states) emit('pg_stat_activity_count', { datname, state }, count);
        emit('pg_stat_database_numbackends', { datname }, Number(row['numbackends']));
        emit('pg_stat_database_xact_commit', { datname }, Number(row['xact_commit']));
        // since PostgreSQL 14
        if (row['sessions'] !== undefined)
          emit('pg_stat_database_sessions', { datname }, Number(row['sessions']));
      }
    },
    close: () => client.end(),
  };
};
