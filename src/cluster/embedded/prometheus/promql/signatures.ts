import type { ValueType } from './ast.ts';

export interface Signature {
  readonly args: readonly ValueType[];
  /** How many of the last arguments may be left out. */
  readonly optional?: number;
  /** The last argument may be repeated. */
  readonly variadic?: boolean;
  readonly returns: ValueType;
}

const range: Signature = { args: ['matrix'], returns: 'vector' };
const vector: Signature = { args: ['vector'], returns: 'vector' };
const date: Signature = { args: ['vector'], optional: 1, returns: 'vector' };

/** The functions of PromQL that are supported, with the types of their arguments. */
export const signatures: Readonly<Record<string, Signature | undefined>> = Object.assign(
  Object.create(null),
  {
    abs: vector,
    absent: vector,
    absent_over_time: range,
    acos: vector,
    acosh: vector,
    asin: vector,
    asinh: vector,
    atan: vector,
    atanh: vector,
    avg_over_time: range,
    ceil: vector,
    changes: range,
    clamp: { args: ['vector', 'scalar', 'scalar'], returns: 'vector' },
    clamp_max: { args: ['vector', 'scalar'], returns: 'vector' },
    clamp_min: { args: ['vector', 'scalar'], returns: 'vector' },
    cos: vector,
    cosh: vector,
    count_over_time: range,
    day_of_month: date,
    day_of_week: date,
    day_of_year: date,
    days_in_month: date,
    deg: vector,
    delta: range,
    deriv: range,
    exp: vector,
    floor: vector,
    histogram_quantile: { args: ['scalar', 'vector'], returns: 'vector' },
    hour: date,
    idelta: range,
    increase: range,
    irate: range,
    label_join: {
      args: ['vector', 'string', 'string', 'string'],
      optional: 1,
      variadic: true,
      returns: 'vector',
    },
    label_replace: { args: ['vector', 'string', 'string', 'string', 'string'], returns: 'vector' },
    last_over_time: range,
    ln: vector,
    log10: vector,
    log2: vector,
    max_over_time: range,
    min_over_time: range,
    minute: date,
    month: date,
    pi: { args: [], returns: 'scalar' },
    predict_linear: { args: ['matrix', 'scalar'], returns: 'vector' },
    present_over_time: range,
    quantile_over_time: { args: ['scalar', 'matrix'], returns: 'vector' },
    rad: vector,
    rate: range,
    resets: range,
    round: { args: ['vector', 'scalar'], optional: 1, returns: 'vector' },
    scalar: { args: ['vector'], returns: 'scalar' },
    sgn: vector,
    sin: vector,
    sinh: vector,
    sort: vector,
    sort_desc: vector,
    sqrt: vector,
    stddev_over_time: range,
    stdvar_over_time: range,
    sum_over_time: range,
    tan: vector,
    tanh: vector,
    time: { args: [], returns: 'scalar' },
    timestamp: vector,
    vector: { args: ['scalar'], returns: 'vector' },
    year: date,
  } satisfies Record<string, Signature>,
);
