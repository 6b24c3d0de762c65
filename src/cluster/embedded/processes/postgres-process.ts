import { mix } from '../../../base/random.ts';
import type { FailureKind } from '../../../workload/failure.ts';
import type { Emit, Labels } from '../../../workload/metrics.ts';
import type { ReleasedProgram } from '../../../workload/release.ts';
import { spread } from '../../../workload/spread.ts';
import type { ContainerStart } from '../contracts.ts';
import type { EmbeddedLink } from './embedded-link.ts';
import type { ProcessWorld } from './process-world.ts';
import { argumentOf, StoreProcess } from './store-process.ts';

/** Forking a backend and checking the password. */
const connectWorkMs = 2.5;
/** Of a query's time, so much is CPU; the rest is waiting for storage. */
const cpuShare = 0.6;
const backends = 4;
const firstPerSecond = 2;
const thereafter = 50;

/** PostgreSQL: a bounded number of connections, passwords, queries that compete for CPU. */
export class PostgresProcess extends StoreProcess {
  readonly #maxConnections: number;
  readonly #user: string;
  readonly #password: string | undefined;
  readonly #databaseLabels: Labels;
  readonly #activeLabels: Labels;
  readonly #idleLabels: Labels;
  readonly #backendLabels: Labels;
  readonly #none: Labels = {};
  #commits = 0;
  #sessions = 0;
  #second = 0;
  #refusals = 0;

  constructor(world: ProcessWorld, container: ContainerStart, program: ReleasedProgram) {
    super(world, container, program, backends, 5432);
    const argument = Number(argumentOf(container, 'max_connections'));
    this.#maxConnections =
      Number.isInteger(argument) && argument > 0
        ? argument
        : this.settings.number(program.maxConnections, 100);
    this.#user = container.env.POSTGRES_USER ?? 'postgres';
    this.#password = container.env.POSTGRES_PASSWORD;
    const database = container.env.POSTGRES_DB ?? this.#user;
    this.#databaseLabels = { datname: database };
    this.#activeLabels = { datname: database, state: 'active' };
    this.#idleLabels = { datname: database, state: 'idle' };
    this.#backendLabels = { datname: database };
  }

  protected refuse(message: string): void {
    this.write(`Error: ${message}`);
  }
  protected starting(): void {
    this.#log('LOG', `starting PostgreSQL ${this.program.tag} on x86_64-pc-linux-gnu`);
    if (this.#password === undefined || this.#password === '') {
      this.write('Error: Database is uninitialized and superuser password is not specified.');
      this.after(100, () => this.exit(1));
    }
  }
  protected started(): void {
    this.#log('LOG', 'listening on IPv4 address "0.0.0.0", port 5432');
    this.#log('LOG', 'database system is ready to accept connections');
  }
  protected stopped(): void {
    this.#log('LOG', 'received fast shutdown request');
    this.#log('LOG', 'database system is shut down');
  }

  admit(link: EmbeddedLink): FailureKind | undefined {
    this.#sessions++;
    this.cpu.finish(this.nowMs(), connectWorkMs);
    const user = link.upstream.user;
    if (this.inbound.size > this.#maxConnections) {
      this.#logRefusal('FATAL', 'sorry, too many clients already');
      return 'too-many-clients';
    }
    if (user !== this.#user || link.upstream.password !== this.#password) {
      this.#logRefusal('FATAL', `password authentication failed for user "${user}"`);
      return 'auth';
    }
    return undefined;
  }

  receive(link: EmbeddedLink): void {
    const operation = link.operation;
    if (operation === undefined) return;
    const now = this.nowMs();
    const workMs = spread(operation.workMs, mix(link.key, 0xdb));
    this.#commits++;
    link.answerAt(this.cpu.finish(now, workMs * cpuShare) + workMs * (1 - cpuShare), 200);
  }

  protected emit(emit: Emit): void {
    let active = 0;
    for (const link of this.inbound) if (link.isBusy) active++;
    emit('pg_up', this.#none, 1);
    emit('pg_settings_max_connections', this.#none, this.#maxConnections);
    emit('pg_stat_activity_count', this.#activeLabels, active);
    emit('pg_stat_activity_count', this.#idleLabels, this.inbound.size - active);
    emit('pg_stat_database_numbackends', this.#backendLabels, this.inbound.size);
    emit('pg_stat_database_xact_commit', this.#databaseLabels, this.#commits);
    emit('pg_stat_database_sessions', this.#databaseLabels, this.#sessions);
  }

  #logRefusal(level: string, message: string): void {
    const second = Math.floor(this.nowMs() / 1000);
    if (second !== this.#second) {
      this.#second = second;
      this.#refusals = 0;
    }
    this.#refusals++;
    if (this.#refusals <= firstPerSecond || this.#refusals % thereafter === 0) this.#log(level, message);
  }

  #log(level: string, message: string): void {
    const iso = new Date(Math.floor(this.nowMs())).toISOString();
    const process = level === 'LOG' ? 1 : 100 + (this.#sessions % 30_000);
    this.write(`${iso.slice(0, 10)} ${iso.slice(11, 23)} UTC [${process}] ${level}:  ${message}`);
  }
}
