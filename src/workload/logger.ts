import { hash32 } from '../base/random.ts';
import type { Runtime } from './failure.ts';
import { spanId, type Trace } from './tracing.ts';

export type Level = 'debug' | 'info' | 'warn' | 'error';
export type LogFields = Readonly<Record<string, string | number>>;

/** What a logger needs of the process it belongs to. */
export interface LogTarget {
  nowMs(): number;
  write(line: string): void;
  /** Is told every line that is written, unformatted, where that is wanted. */
  record?(entry: LogEntry): void;
}

/** A log line before it gets the look of a runtime. */
export interface LogEntry {
  readonly level: Level;
  readonly message: string;
  readonly fields: LogFields;
  readonly trace: Trace | undefined;
  readonly spanKey: number;
}

const pinoLevels: Readonly<Record<Level, number>> = { debug: 20, info: 30, warn: 40, error: 50 };
const pythonLevels: Readonly<Record<Level, string>> = {
  debug: 'DEBUG',
  info: 'INFO',
  warn: 'WARNING',
  error: 'ERROR',
};
/** Of one message, so many lines a second are written; after them, every fiftieth. */
const firstPerSecond = 2;
const thereafter = 50;

interface Budget {
  second: number;
  count: number;
}

/**
 * Writes lines as the logging library of the runtime does. Warnings and errors are sampled per message, as zap does:
 * the first two in a second, then every fiftieth, so that a storm stays readable.
 */
export class Logger {
  readonly #target: LogTarget;
  readonly #runtime: Runtime;
  readonly #service: string;
  readonly #hostname: string;
  readonly #lowest: number;
  readonly #budgets = new Map<string, Budget>();
  constructor(target: LogTarget, runtime: Runtime, service: string, hostname: string, level: Level = 'info') {
    this.#target = target;
    this.#runtime = runtime;
    this.#service = service;
    this.#hostname = hostname;
    this.#lowest = pinoLevels[level];
  }

  /** Whether a line of this kind may be written now; counts it. `kind` has few values: never the varying text. */
  admits(kind: string): boolean {
    const second = Math.floor(this.#target.nowMs() / 1000);
    let budget = this.#budgets.get(kind);
    if (budget === undefined) {
      budget = { second, count: 0 };
      this.#budgets.set(kind, budget);
    } else if (budget.second !== second) {
      budget.second = second;
      budget.count = 0;
    }
    budget.count++;
    return budget.count <= firstPerSecond || (budget.count - firstPerSecond) % thereafter === 0;
  }

  /** Writes a line unless its level is below the logger's; `trace` adds its ids. */
  log(level: Level, message: string, fields: LogFields = {}, trace?: Trace, spanKey = 0): void {
    if (pinoLevels[level] < this.#lowest) return;
    this.#target.write(this.#format(level, message, fields, trace, spanKey));
    this.#target.record?.({ level, message, fields, trace, spanKey });
  }

  #format(
    level: Level,
    message: string,
    fields: LogFields,
    trace: Trace | undefined,
    spanKey: number,
  ): string {
    const now = this.#target.nowMs();
    const iso = new Date(Math.floor(now)).toISOString();
    const ids = trace === undefined ? undefined : { trace_id: trace.id, span_id: spanId(spanKey) };
    switch (this.#runtime) {
      case 'go':
        return JSON.stringify({
          time: iso,
          level: level.toUpperCase(),
          msg: message,
          service: this.#service,
          ...fields,
          ...ids,
        });
      case 'node':
        return JSON.stringify({
          level: pinoLevels[level],
          time: Math.floor(now),
          pid: 1,
          hostname: this.#hostname,
          name: this.#service,
          ...fields,
          ...ids,
          msg: message,
        });
      case 'java': {
        const where =
          typeof fields.route === 'string'
            ? `http-nio-8080-exec-${(hash32(`${fields.route}${Math.floor(now)}`) % 10) + 1}`
            : 'main';
        const logger = `c.s.${this.#service.replace(/\W/g, '')}.${typeof fields.route === 'string' ? 'RequestHandler' : 'Application'}`;
        return `${iso} ${level.toUpperCase().padStart(5)} 1 --- [${where}] ${logger} : ${message}${pairs(fields)}${ids === undefined ? '' : ` [trace_id=${ids.trace_id} span_id=${ids.span_id}]`}`;
      }
      case 'python':
        return `${iso.slice(0, 10)} ${iso.slice(11, 19)},${iso.slice(20, 23)} ${pythonLevels[level]} [${this.#service.replace(/\W/g, '_')}]${ids === undefined ? '' : ` [trace_id=${ids.trace_id} span_id=${ids.span_id}]`} - ${message}${pairs(fields)}`;
    }
  }
}

function pairs(fields: LogFields): string {
  let out = '';
  for (const [name, value] of Object.entries(fields)) {
    if (name === 'error') out += `: ${value}`;
    else out += ` ${name}=${value}`;
  }
  return out;
}
