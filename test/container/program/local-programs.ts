import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import { type AddressInfo, createServer as createTcpServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bundleProgram } from '../../../src/cluster/kind/bundle-programs.ts';
import { decodeLogs, decodeTraces } from '../../../src/container/recorder/decode-protobuf.ts';
import { type RecordedLog, texts, toLog, toSpan } from '../../../src/container/recorder/to-span.ts';
import type { Program } from '../../../src/spec/program.ts';
import type { Span } from '../../../src/spec/telemetry.ts';

/** A port of this machine that nobody listens on. */
export async function freePort(): Promise<number> {
  const server = createTcpServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

export async function until(condition: () => boolean | Promise<boolean>, timeoutMs = 20_000): Promise<void> {
  const endMs = Date.now() + timeoutMs;
  while (!(await condition())) {
    if (Date.now() > endMs) throw new Error('waited in vain');
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** A program as a process of this machine. */
export class LocalProgram {
  readonly lines: string[] = [];
  readonly port: number;
  readonly #child: ChildProcess;
  readonly exited: Promise<number | null>;

  constructor(child: ChildProcess, port: number) {
    this.#child = child;
    this.port = port;
    let rest = '';
    child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      const lines = (rest + text).split('\n');
      rest = lines.pop() ?? '';
      this.lines.push(...lines);
    });
    this.exited = once(child, 'exit').then(([code]) => code as number | null);
  }

  kill(signal: 'SIGTERM' | 'SIGKILL'): void {
    this.#child.kill(signal);
  }

  async fetch(path: string, init: RequestInit = {}): Promise<Response> {
    return await fetch(`http://127.0.0.1:${this.port}${path}`, init);
  }

  /** Until it accepts requests. */
  async ready(): Promise<void> {
    await until(async () => (await this.fetch('/healthz').catch(() => undefined))?.status === 200);
  }
}

/** Programs that run here, and a receiver of what they export; everything ends with `close`. */
export class LocalPrograms {
  readonly spans: Span[] = [];
  readonly logs: RecordedLog[] = [];
  readonly #folder = mkdtempSync(join(tmpdir(), 'programs-'));
  readonly #entry = join(this.#folder, 'program.mjs');
  readonly #running: LocalProgram[] = [];
  readonly #receiver: Server;
  #endpoint = '';

  constructor() {
    this.#receiver = createServer((request, response) => {
      void this.#receive(request).then(() => response.end());
    });
  }

  async open(): Promise<this> {
    writeFileSync(this.#entry, await bundleProgram('program'));
    this.#receiver.listen(0, '127.0.0.1');
    await once(this.#receiver, 'listening');
    this.#endpoint = `http://127.0.0.1:${(this.#receiver.address() as AddressInfo).port}`;
    return this;
  }

  /** Starts a program's first release on a port of its own, given as HTTP_PORT. */
  async start(program: Program, env: Record<string, string> = {}, port?: number): Promise<LocalProgram> {
    const ownPort = port ?? (await freePort());
    const file = join(this.#folder, `${program.name}-${ownPort}.json`);
    const content = { program: { ...program, port: ownPort }, release: program.releases[0]?.tag };
    writeFileSync(file, JSON.stringify(content));
    const child = spawn(process.execPath, [this.#entry, file], {
      env: {
        PATH: process.env.PATH ?? '',
        POD_NAME: `${program.name}-0`,
        POD_NAMESPACE: 'shop',
        OTEL_TRACES_SAMPLER_ARG: '1',
        OTEL_EXPORTER_OTLP_ENDPOINT: this.#endpoint,
        ...env,
      },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const started = new LocalProgram(child, ownPort);
    this.#running.push(started);
    return started;
  }

  async close(): Promise<void> {
    for (const program of this.#running) program.kill('SIGKILL');
    await Promise.all(this.#running.map((program) => program.exited));
    this.#receiver.closeAllConnections();
    this.#receiver.close();
    rmSync(this.#folder, { recursive: true });
  }

  async #receive(request: IncomingMessage): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const body = Buffer.concat(chunks);
    if (request.url === '/v1/traces') {
      for (const { resource, records } of decodeTraces(body))
        for (const record of records) {
          const span = toSpan(record, texts(resource));
          if (typeof span === 'string') throw new Error(span);
          this.spans.push(span);
        }
    } else {
      for (const { resource, records } of decodeLogs(body))
        for (const record of records) {
          const log = toLog(record, texts(resource));
          if (typeof log === 'string') throw new Error(log);
          this.logs.push(log);
        }
    }
  }
}
