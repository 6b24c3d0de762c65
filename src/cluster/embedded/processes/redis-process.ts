import { mix } from '../../../base/random.ts';
import type { FailureKind } from '../../../workload/failure.ts';
import type { Emit, Labels } from '../../../workload/metrics.ts';
import type { ReleasedProgram } from '../../../workload/release.ts';
import { spread } from '../../../workload/spread.ts';
import type { ContainerStart } from '../contracts.ts';
import type { EmbeddedLink } from './embedded-link.ts';
import type { ProcessWorld } from './process-world.ts';
import { argumentOf, StoreProcess } from './store-process.ts';

/** Redis: one thread, a password, a bounded number of clients. */
export class RedisProcess extends StoreProcess {
  readonly #maxClients: number;
  readonly #password: string | undefined;
  readonly #none: Labels = {};
  #commands = 0;
  #connections = 0;
  #rejected = 0;

  constructor(world: ProcessWorld, container: ContainerStart, program: ReleasedProgram) {
    super(world, container, program, 1, 6379);
    const argument = Number(argumentOf(container, '--maxclients'));
    this.#maxClients =
      Number.isInteger(argument) && argument > 0
        ? argument
        : this.settings.number(program.maxConnections, 10_000);
    const password = argumentOf(container, '--requirepass') ?? container.env.REDIS_PASSWORD;
    this.#password = password === '' ? undefined : password;
  }

  protected refuse(message: string): void {
    this.#log('#', `Fatal error, can't start: ${message}`);
  }
  protected starting(): void {
    this.#log('*', `Redis version=${this.program.tag}, bits=64, pid=1, just started`);
  }
  protected started(): void {
    this.#log('*', 'Ready to accept connections tcp');
  }
  protected stopped(): void {
    this.#log('*', 'User requested shutdown...');
    this.#log('#', 'Redis is now ready to exit, bye bye...');
  }

  admit(link: EmbeddedLink): FailureKind | undefined {
    this.#connections++;
    if (this.inbound.size > this.#maxClients) {
      this.#rejected++;
      return 'too-many-clients';
    }
    if (this.#password !== undefined && link.upstream.password !== this.#password) return 'auth';
    return undefined;
  }

  receive(link: EmbeddedLink): void {
    const operation = link.operation;
    if (operation === undefined) return;
    this.#commands++;
    link.answerAt(this.cpu.finish(this.nowMs(), spread(operation.workMs, mix(link.key, 0xdb))), 200);
  }

  protected emit(emit: Emit): void {
    emit('redis_up', this.#none, 1);
    emit('redis_connected_clients', this.#none, this.inbound.size);
    emit('redis_commands_processed_total', this.#none, this.#commands);
    emit('redis_connections_received_total', this.#none, this.#connections);
    emit('redis_rejected_connections_total', this.#none, this.#rejected);
    emit('redis_memory_used_bytes', this.#none, this.memory.heapBytes(this.nowMs()));
  }

  #log(mark: string, message: string): void {
    const date = new Date(Math.floor(this.nowMs())).toISOString();
    const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
    const month = months[Number(date.slice(5, 7)) - 1] ?? '';
    this.write(
      `1:M ${date.slice(8, 10)} ${month} ${date.slice(0, 4)} ${date.slice(11, 23)} ${mark} ${message}`,
    );
  }
}
