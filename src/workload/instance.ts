import type { CompiledProgram } from './compiled-program.ts';
import { errorText, errorType } from './error-text.ts';
import type { Failure } from './failure.ts';
import type { Host } from './host.ts';
import { Logger } from './logger.ts';
import { Counter, type Emit, type Instrument, Metrics } from './metrics.ts';
import type { Operation } from './operations.ts';
import type { Task } from './task.ts';
import { type Resource, SpanRecord, type SpanShape, type Trace } from './tracing.ts';

/** A running program: its compiled description, with logger, metrics and spans bound to the host. */
export class Instance {
  readonly program: CompiledProgram;
  readonly host: Host;
  readonly logger: Logger;
  readonly metrics = new Metrics();
  readonly resource: Resource;
  inFlight = 0;
  constructor(program: CompiledProgram, host: Host) {
    this.program = program;
    this.host = host;
    const identity = host.identity;
    this.logger = new Logger(host, program.runtime, program.name, identity.pod, program.logLevel);
    this.resource = {
      'service.name': program.name,
      'service.version': program.version,
      'service.namespace': identity.namespace,
      'service.instance.id': identity.podUid,
      'telemetry.sdk.language': program.runtime === 'node' ? 'nodejs' : program.runtime,
      'k8s.namespace.name': identity.namespace,
      'k8s.pod.name': identity.pod,
      'k8s.pod.uid': identity.podUid,
      'k8s.container.name': identity.container,
      'k8s.node.name': identity.node,
    };
    this.#registerUpstreams();
  }

  /** A finished client-side exchange: metrics, span, and the failure remembered by the trace. */
  observeExchange(
    task: Task,
    operation: Operation,
    key: number,
    startMs: number,
    status: number,
    failure: Failure | undefined,
    ip: string,
    resends: number,
  ): void {
    const now = this.host.nowMs();
    const runtime = this.program.runtime;
    const type = failure === undefined ? undefined : errorType(runtime, failure);
    operation.upstream.durations!.observe(
      failure === undefined || status > 0 ? status : (type as string),
      (now - startMs) / 1000,
    );
    const trace = task.trace;
    if (trace === undefined) return;
    const span = new SpanRecord(
      this.resource,
      operation.shape,
      trace,
      key,
      task.spanKey === 0 ? undefined : task.spanKey,
      startMs,
      now,
    );
    if (operation.upstream.protocol === 'http') span.status = status;
    if (ip !== '') span.peerAddress = ip;
    span.resends = resends;
    if (failure !== undefined) {
      trace.failed = true;
      span.errorType = type;
      span.errorMessage = errorText(runtime, failure);
      span.thrown = failure.kind !== 'status';
    }
    this.host.spans.record(span);
  }

  /** A finished span of this process that is no exchange: server, consumer, internal. */
  observeOwn(
    shape: SpanShape,
    trace: Trace,
    key: number,
    parent: number | string | undefined,
    startMs: number,
    status: number,
    error: string | undefined,
    message: string | undefined,
  ): void {
    const span = new SpanRecord(this.resource, shape, trace, key, parent, startMs, this.host.nowMs());
    span.status = status;
    if (error !== undefined) {
      trace.failed = true;
      span.errorType = error;
      span.errorMessage = message;
    }
    this.host.spans.record(span);
  }

  errorText(failure: Failure): string {
    return errorText(this.program.runtime, failure);
  }

  errorType(failure: Failure): string {
    return errorType(this.program.runtime, failure);
  }

  /** Logs a failed exchange that the handler survives, or the end of one that it does not; sampled per kind. */
  logFailure(task: Task, level: 'warn' | 'error', message: string, failure: Failure, status?: number): void {
    const upstream = failure.upstream?.name ?? '';
    if (!this.logger.admits(`${message}${upstream}${failure.kind}${failure.status}`)) return;
    const text = this.errorText(failure);
    this.logger.log(
      level,
      message,
      {
        route: task.label,
        ...(status === undefined ? {} : { status }),
        ...(upstream === '' ? {} : { upstream }),
        error: this.program.runtime === 'go' && upstream !== '' ? `${upstream}: ${text}` : text,
      },
      task.trace,
      task.spanKey,
    );
  }

  #registerUpstreams(): void {
    for (const upstream of this.program.upstreams) {
      const family = upstream.durations!;
      this.metrics.add(family);
      const pool = upstream.pool;
      if (pool === undefined) continue;
      const labels = { pool_name: upstream.name };
      this.metrics.gauge('db_client_connections_usage', { ...labels, state: 'used' }, () => pool.used);
      this.metrics.gauge('db_client_connections_usage', { ...labels, state: 'idle' }, () => pool.idle);
      this.metrics.gauge('db_client_connections_max', labels, () => upstream.poolMax);
      this.metrics.gauge('db_client_connections_pending_requests', labels, () => pool.waiting);
      this.metrics.add(upstream.poolTimeouts!);
    }
    for (const route of this.program.routes) this.metrics.add(route.durations);
    if (this.program.routes.length > 0)
      this.metrics.gauge('http_server_active_requests', {}, () => this.inFlight);
  }
}

/** Basics every runtime exports about itself, over what the host measures. */
export function runtimeMetrics(
  runtime: CompiledProgram['runtime'],
  read: {
    cpuSeconds(): number;
    residentBytes(): number;
    heapBytes(): number;
    startSeconds: number;
    inFlight(): number;
  },
): Instrument {
  const cpu = {};
  return {
    emit(emit: Emit): void {
      emit('process_cpu_seconds_total', cpu, read.cpuSeconds());
      emit('process_resident_memory_bytes', cpu, read.residentBytes());
      emit('process_start_time_seconds', cpu, read.startSeconds);
      if (runtime === 'go') {
        emit('go_goroutines', cpu, 12 + 3 * read.inFlight());
        emit('go_memstats_heap_inuse_bytes', cpu, read.heapBytes());
      } else if (runtime === 'node') {
        emit('nodejs_active_handles_total', cpu, 5 + read.inFlight());
        emit('nodejs_heap_size_used_bytes', cpu, read.heapBytes());
      } else if (runtime === 'java') {
        emit('jvm_threads_live_threads', cpu, 24 + read.inFlight());
        emit('jvm_memory_used_bytes', cpu, read.heapBytes());
      }
    },
  };
}

/** A counter of consumed messages by outcome. */
export function consumedCounter(subject: string, group: string, failed: boolean): Counter {
  return new Counter('messaging_client_consumed_messages_total', {
    messaging_destination_name: subject,
    messaging_consumer_group_name: group,
    outcome: failed ? 'error' : 'success',
  });
}
