import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ApiConnection } from '../../kube/api-connection.ts';
import type { KubeClient } from '../../kube/client.ts';
import type { ContainerLog, Span, TelemetrySource } from '../cluster.ts';
import { LogCollector } from './log-collector.ts';
import { LogSpool } from './log-spool.ts';
import { type ReadRecorder, RecorderReader } from './recorder-reader.ts';
import { serviceProxyPath } from './service-proxy.ts';

export interface LiveTelemetryOptions {
  readonly connection: ApiConnection;
  readonly kube: KubeClient;
  /** The recorder's Service (`name:port`), or another way to its reading port; without one there are no spans. */
  readonly recorder?: { readonly namespace: string; readonly service: string } | ReadRecorder;
  /** Folder for logs; made, and deleted at the end. */
  readonly spoolFolder: string;
  /** Whose logs are followed. */
  readonly isWanted: (namespace: string) => boolean;
}

/** Spans reach the recorder in batches: how long after its end a span may come. */
const spanDelayMs = 6000;

/** Traces from the recorder and logs from the kubelets of a real cluster. */
export class LiveTelemetry implements TelemetrySource, AsyncDisposable {
  readonly #reader: RecorderReader | undefined;
  readonly #logs: LogCollector;
  readonly #spool: LogSpool;

  private constructor(reader: RecorderReader | undefined, logs: LogCollector, spool: LogSpool) {
    this.#reader = reader;
    this.#logs = logs;
    this.#spool = spool;
  }

  /** When it returns, nothing that a container writes is missed. */
  static async start(options: LiveTelemetryOptions): Promise<LiveTelemetry> {
    const { connection, kube, recorder, isWanted } = options;
    const spool = await LogSpool.open(join(options.spoolFolder, 'logs'));
    try {
      const logs = await LogCollector.start({ connection, kube, spool, isWanted });
      const read =
        typeof recorder === 'object'
          ? readThroughProxy(connection, recorder.namespace, recorder.service)
          : recorder;
      const reader = read && new RecorderReader(read);
      return new LiveTelemetry(reader, logs, spool);
    } catch (error) {
      await spool.remove();
      throw error;
    }
  }

  async *spans(fromMs: number, toMs: number): AsyncGenerator<Span, void, void> {
    if (this.#reader === undefined) return;
    await untilMs(toMs + spanDelayMs);
    yield* this.#reader.spans(fromMs, toMs);
  }

  async *logs(fromMs: number, toMs: number): AsyncGenerator<ContainerLog, void, void> {
    await untilMs(toMs + 500);
    yield* await this.#logs.between(fromMs, toMs);
  }

  async losses(): Promise<Readonly<Record<string, number>>> {
    const lost = { ...(await this.#reader?.losses()) };
    if (this.#logs.failure !== undefined) lost['watch of pods ended: later pods have no logs'] = 1;
    if (this.#spool.failure !== undefined) lost['disk full: later log lines were not kept'] = 1;
    return lost;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#logs.stop();
    await this.#spool.remove();
  }
}

function readThroughProxy(connection: ApiConnection, namespace: string, service: string): ReadRecorder {
  return (path) =>
    connection.request(`${serviceProxyPath(namespace, service)}${path}`, {
      headers: { 'accept-encoding': 'gzip' },
      isStream: true,
    });
}

async function untilMs(timeMs: number): Promise<void> {
  const restMs = timeMs - Date.now();
  if (restMs > 0) await sleep(restMs);
}
