import type { LoadShare } from '../../workload/host.ts';

/** What load generators are asked for; on the wire as JSON, every field optional in a request. */
export interface LoadSetting {
  /** Requests a second at factor 1. */
  readonly requestsPerSecond: number;
  readonly factor: number;
  /** Share of traces that are recorded, decided where they begin. */
  readonly traceSampling: number;
  /** Epoch milliseconds from which users' behaviour counts: two runs with the same distance from it are alike. 0: none. */
  readonly originMs: number;
  /** This generator among all that run. */
  readonly index: number;
  readonly count: number;
}

const bounds: Readonly<Record<keyof LoadSetting, readonly [number, number]>> = {
  requestsPerSecond: [0, 100_000],
  factor: [0, 10_000],
  traceSampling: [0, 1],
  originMs: [0, Number.MAX_SAFE_INTEGER],
  index: [0, 1000],
  count: [1, 1000],
};

/** The load a generator makes; read and changed over HTTP by whoever runs the experiment. */
export class LoadControl {
  #setting: LoadSetting;

  constructor(initial: LoadSetting) {
    this.#setting = initial;
  }

  get setting(): LoadSetting {
    return this.#setting;
  }

  get share(): LoadShare {
    const { requestsPerSecond, factor, originMs, index, count } = this.#setting;
    return {
      requestsPerSecond: requestsPerSecond * factor,
      index,
      count,
      originSecond: Math.floor(originMs / 1000),
    };
  }

  /** `GET /load` and `PUT /load`; undefined for other requests. Answers 400 and changes nothing if a field is wrong. */
  handle(method: string, path: string, body: string): { status: number; body: unknown } | undefined {
    if (path !== '/load') return undefined;
    if (method === 'GET') return { status: 200, body: this.#setting };
    if (method !== 'PUT') return { status: 405, body: { error: 'use GET or PUT' } };
    const change = readChange(body);
    if (typeof change === 'string') return { status: 400, body: { error: change } };
    this.#setting = { ...this.#setting, ...change };
    return { status: 200, body: this.#setting };
  }
}

/** The fields of a request, or what is wrong with them. */
function readChange(body: string): Partial<LoadSetting> | string {
  let fields: unknown;
  try {
    fields = JSON.parse(body);
  } catch {
    return 'the body is not JSON';
  }
  if (typeof fields !== 'object' || fields === null || Array.isArray(fields))
    return 'the body is not an object';
  for (const [name, value] of Object.entries(fields)) {
    const range = Object.hasOwn(bounds, name) ? bounds[name as keyof LoadSetting] : undefined;
    if (range === undefined) return `unknown field "${name}"`;
    if (typeof value !== 'number' || !(value >= range[0] && value <= range[1]))
      return `"${name}" is not a number from ${range[0]} to ${range[1]}`;
  }
  return fields;
}
