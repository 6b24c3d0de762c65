import {
  AckPolicy,
  connect,
  headers,
  type JetStreamClient,
  type JetStreamManager,
  type JsMsg,
  type NatsConnection,
  nanos,
  RetentionPolicy,
} from 'nats';
import type { Failure, FailureKind } from '../../workload/failure.ts';
import type { Link, Message } from '../../workload/host.ts';
import type { Operation } from '../../workload/operations.ts';
import type { Trace } from '../../workload/tracing.ts';
import type { Upstream } from '../../workload/upstream.ts';
import { connectFailureKind } from './connect.ts';
import { readTraceparent, traceparentOf } from './propagation.ts';
import { connectedWithin, type StoreConnection, StoreLink } from './store-link.ts';

const maxDeliveries = 5;
const ackWaitMs = 30_000;
const pullMs = 30_000;
const payload = new TextEncoder().encode('{}');

/** Codes of the client itself; those of the socket it passes on as they are. */
const kinds: Readonly<Record<string, FailureKind>> = {
  CONNECTION_REFUSED: 'refused',
  TIMEOUT: 'timeout',
  CONNECTION_TIMEOUT: 'connect-timeout',
  AUTHORIZATION_VIOLATION: 'auth',
  AUTHENTICATION_EXPIRED: 'auth',
};

/** What the client's error means. */
export function natsFailureKind(error: unknown): FailureKind {
  const { code, message } = error as { code?: unknown; message?: unknown };
  if (typeof message === 'string' && message.toLowerCase().includes('maximum connections'))
    return 'too-many-clients';
  return (typeof code === 'string' ? kinds[code] : undefined) ?? connectFailureKind(error);
}

/** Stream of a subject: `ORDERS` holds `orders.>`. */
function streamOf(subject: string): { readonly name: string; readonly subjects: string[] } {
  const first = subject.split('.')[0] ?? subject;
  return { name: first.toUpperCase(), subjects: subject === first ? [first] : [`${first}.>`] };
}

class NatsStoreConnection implements StoreConnection {
  readonly #connection: NatsConnection;
  readonly #jetStream: JetStreamClient;

  constructor(connection: NatsConnection) {
    this.#connection = connection;
    this.#jetStream = connection.jetstream();
  }

  async perform(operation: Operation, trace: Trace | undefined, key: number): Promise<void> {
    if (operation.text === 'PING') {
      await this.#connection.rtt();
      return;
    }
    const carried = headers();
    carried.set('traceparent', traceparentOf(trace, key));
    const publish = () => this.#jetStream.publish(operation.text, payload, { headers: carried });
    try {
      await publish();
    } catch (error) {
      // Nobody listens at the subject: the stream has not been made yet.
      if ((error as { code?: unknown }).code !== '503') throw error;
      await this.#manager(operation.text);
      await publish();
    }
  }

  /** Makes sure that the subject's stream is there: what is published waits for the consumers that are known. */
  async #manager(subject: string): Promise<JetStreamManager> {
    const manager = await this.#connection.jetstreamManager();
    await manager.streams.add({ ...streamOf(subject), retention: RetentionPolicy.Interest });
    return manager;
  }

  failureKind(error: unknown): FailureKind {
    return natsFailureKind(error);
  }

  subscribe(
    subject: string,
    group: string,
    concurrency: number,
    deliver: (message: Message) => void,
    lost: () => void,
  ): void {
    this.#consume(subject, group, concurrency, deliver).catch(lost);
  }

  async #consume(
    subject: string,
    group: string,
    concurrency: number,
    deliver: (message: Message) => void,
  ): Promise<void> {
    const manager = await this.#manager(subject);
    const stream = streamOf(subject).name;
    await manager.consumers.add(stream, {
      durable_name: group,
      filter_subject: subject,
      ack_policy: AckPolicy.Explicit,
      ack_wait: nanos(ackWaitMs),
      max_deliver: maxDeliveries,
    });
    const consumer = await this.#jetStream.consumers.get(stream, group);
    const slot = async (): Promise<void> => {
      while (!this.#connection.isClosed()) {
        const message = await consumer.next({ expires: pullMs });
        if (message !== null) await handled(message, deliver);
      }
    };
    await Promise.all(Array.from({ length: concurrency }, slot));
  }

  close(): void {
    void this.#connection.close();
  }
}

/** Hands a message over and waits until it is done with. */
function handled(message: JsMsg, deliver: (message: Message) => void): Promise<void> {
  const carried = readTraceparent(message.headers?.get('traceparent'), message.seq);
  const deliveries = message.info.deliveryCount;
  return new Promise((resolve) => {
    deliver({
      key: carried.key,
      trace: carried.trace,
      parent: carried.parent,
      redeliveries: deliveries - 1,
      done: (ok) => {
        if (ok) message.ack();
        else message.nak(1000 * deliveries);
        resolve();
      },
    });
  });
}

/** Opens one connection to NATS. */
export async function openNats(upstream: Upstream, ip: string, timeoutMs: number): Promise<Link | Failure> {
  let isGivenUp = false;
  let opened: NatsConnection | undefined;
  const open = async (): Promise<Link | Failure> => {
    try {
      const connection = await connect({
        servers: `${ip}:${upstream.port}`,
        reconnect: false,
        timeout: timeoutMs + 500,
        ...(upstream.user === '' ? {} : { user: upstream.user, pass: upstream.password }),
      });
      opened = connection;
      if (isGivenUp) void connection.close();
      const link = new StoreLink(upstream, ip, new NatsStoreConnection(connection));
      void connection.closed().then(() => link.lost());
      return link;
    } catch (error) {
      return upstream.fail(natsFailureKind(error), ip);
    }
  };
  return await connectedWithin(upstream, ip, timeoutMs, open(), () => {
    isGivenUp = true;
    void opened?.close();
  });
}
