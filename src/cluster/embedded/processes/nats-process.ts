import type { FailureKind } from '../../../workload/failure.ts';
import type { Message } from '../../../workload/host.ts';
import type { Emit, Labels } from '../../../workload/metrics.ts';
import type { ReleasedProgram } from '../../../workload/release.ts';
import type { Trace } from '../../../workload/tracing.ts';
import type { ContainerStart } from '../contracts.ts';
import type { EmbeddedLink } from './embedded-link.ts';
import type { ProcessWorld } from './process-world.ts';
import { StoreProcess } from './store-process.ts';

const maxDeliveries = 5;
const ackWaitMs = 30_000;

interface Stored {
  readonly key: number;
  readonly trace: Trace | undefined;
  deliveries: number;
}

interface Subscriber {
  readonly link: EmbeddedLink;
  readonly concurrency: number;
  readonly deliver: (message: Message) => void;
  readonly unacknowledged: Set<Stored>;
}

/** One durable consumer: everything published to its subject goes to one of its subscribers. */
interface Consumer {
  readonly subject: string;
  readonly labels: Labels;
  readonly subscribers: Subscriber[];
  readonly pending: Stored[];
  head: number;
  next: number;
  acknowledged: number;
  redelivered: number;
  dropped: number;
}

/**
 * NATS with JetStream: a durable consumer per subject and queue group, from the first subscription on. Messages wait
 * while nobody has a free slot, and are delivered again, at most five times, when they were not acknowledged.
 */
export class NatsProcess extends StoreProcess {
  readonly #consumers = new Map<string, Consumer>();
  readonly #maxConnections: number;
  readonly #none: Labels = {};
  #messages = 0;

  constructor(world: ProcessWorld, container: ContainerStart, program: ReleasedProgram) {
    super(world, container, program, 4, 4222);
    this.#maxConnections = this.settings.number(program.maxConnections, 65_536);
  }

  protected refuse(message: string): void {
    this.#log('FTL', message);
  }
  protected starting(): void {
    this.#log('INF', `Starting nats-server version ${this.program.tag}`);
    this.#log('INF', 'Starting JetStream');
  }
  protected started(): void {
    this.#log('INF', 'Listening for client connections on 0.0.0.0:4222');
    this.#log('INF', 'Server is ready');
  }
  protected stopped(): void {
    this.#log('INF', 'Initiating Shutdown...');
    this.#log('INF', 'Server Exiting..');
  }

  admit(): FailureKind | undefined {
    return this.inbound.size > this.#maxConnections ? 'too-many-clients' : undefined;
  }

  receive(link: EmbeddedLink): void {
    const operation = link.operation;
    if (operation === undefined) return;
    const doneMs = this.cpu.finish(this.nowMs(), operation.workMs);
    if (operation.text !== 'PING') this.#publish(operation.text, link.key, link.trace);
    link.answerAt(doneMs, 200);
  }

  /** A client subscribes; part of the link's protocol. */
  subscribe(
    link: EmbeddedLink,
    subject: string,
    group: string,
    concurrency: number,
    deliver: (message: Message) => void,
  ): void {
    const name = `${subject} ${group}`;
    let consumer = this.#consumers.get(name);
    if (consumer === undefined) {
      const stream = subject.split('.')[0]!.toUpperCase();
      const labels = { stream_name: stream, consumer_name: group, subject };
      consumer = {
        subject,
        labels,
        subscribers: [],
        pending: [],
        head: 0,
        next: 0,
        acknowledged: 0,
        redelivered: 0,
        dropped: 0,
      };
      this.#consumers.set(name, consumer);
    }
    consumer.subscribers.push({ link, concurrency, deliver, unacknowledged: new Set() });
    this.#dispatch(consumer);
  }

  override disconnected(link: EmbeddedLink): void {
    for (const consumer of this.#consumers.values()) {
      const at = consumer.subscribers.findIndex((subscriber) => subscriber.link === link);
      const gone = at < 0 ? undefined : consumer.subscribers.splice(at, 1)[0];
      if (gone === undefined || gone.unacknowledged.size === 0) continue;
      this.after(ackWaitMs, () => {
        for (const message of gone.unacknowledged) this.#again(consumer, message);
      });
    }
  }

  #publish(subject: string, key: number, trace: Trace | undefined): void {
    this.#messages++;
    for (const consumer of this.#consumers.values()) {
      if (consumer.subject !== subject) continue;
      consumer.pending.push({ key, trace, deliveries: 0 });
      this.#dispatch(consumer);
    }
  }

  #dispatch(consumer: Consumer): void {
    while (consumer.head < consumer.pending.length) {
      const subscriber = this.#freeSubscriber(consumer);
      if (subscriber === undefined) return;
      const message = consumer.pending[consumer.head++]!;
      if (consumer.head > 1024) {
        consumer.pending.splice(0, consumer.head);
        consumer.head = 0;
      }
      this.#deliver(consumer, subscriber, message);
    }
  }

  #freeSubscriber(consumer: Consumer): Subscriber | undefined {
    const subscribers = consumer.subscribers;
    for (let i = 0; i < subscribers.length; i++) {
      const at = (consumer.next + i) % subscribers.length;
      const subscriber = subscribers[at]!;
      if (subscriber.unacknowledged.size < subscriber.concurrency && subscriber.link.isOpen) {
        consumer.next = at + 1;
        return subscriber;
      }
    }
    return undefined;
  }

  #deliver(consumer: Consumer, subscriber: Subscriber, message: Stored): void {
    subscriber.unacknowledged.add(message);
    message.deliveries++;
    if (message.deliveries > 1) consumer.redelivered++;
    const link = subscriber.link;
    this.world.simulation.after(link.latencyMs, () => {
      if (!link.isOpen || link.client.halted) return;
      subscriber.deliver({
        key: message.key,
        trace: message.trace,
        parent: message.key,
        redeliveries: message.deliveries - 1,
        done: (ok) => this.after(link.latencyMs, () => this.#acknowledge(consumer, subscriber, message, ok)),
      });
    });
  }

  #acknowledge(consumer: Consumer, subscriber: Subscriber, message: Stored, ok: boolean): void {
    // A subscriber that has gone acknowledges nothing; its messages come again after the wait.
    if (!subscriber.unacknowledged.delete(message)) return;
    if (ok) consumer.acknowledged++;
    else this.after(1000 * message.deliveries, () => this.#again(consumer, message));
    this.#dispatch(consumer);
  }

  #again(consumer: Consumer, message: Stored): void {
    if (message.deliveries >= maxDeliveries) {
      consumer.dropped++;
      return;
    }
    consumer.pending.push(message);
    this.#dispatch(consumer);
  }

  protected emit(emit: Emit): void {
    emit('nats_varz_connections', this.#none, this.inbound.size);
    emit('nats_varz_in_msgs', this.#none, this.#messages);
    for (const consumer of this.#consumers.values()) {
      let unacknowledged = 0;
      for (const subscriber of consumer.subscribers) unacknowledged += subscriber.unacknowledged.size;
      emit('nats_consumer_num_pending', consumer.labels, consumer.pending.length - consumer.head);
      emit('nats_consumer_num_ack_pending', consumer.labels, unacknowledged);
      emit('nats_consumer_num_redelivered', consumer.labels, consumer.redelivered);
      emit('nats_consumer_ack_floor_total', consumer.labels, consumer.acknowledged);
    }
  }

  #log(level: string, message: string): void {
    const iso = new Date(Math.floor(this.nowMs())).toISOString();
    this.write(`[1] ${iso.slice(0, 10).replaceAll('-', '/')} ${iso.slice(11, 23)}000 [${level}] ${message}`);
  }
}
