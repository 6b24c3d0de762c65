import { RE2JS } from 're2js';
import { expand } from '../promql/label-functions.ts';
import { display, sprintf } from './go-format.ts';
import {
  humanize,
  humanize1024,
  humanizeDuration,
  humanizePercentage,
  humanizeTimestamp,
} from './humanize.ts';

/** What a template's query answers: samples with labels. */
export interface TemplateSample {
  readonly Labels: Readonly<Record<string, string>>;
  readonly Value: number;
}

export type TemplateQuery = (expression: string) => readonly TemplateSample[];
type TemplateFunction = (args: readonly unknown[], query: TemplateQuery) => unknown;

/** Functions a template may call, with the numbers of arguments they take. */
export const templateFunctions: ReadonlyMap<
  string,
  { readonly least: number; readonly most: number; readonly run: TemplateFunction }
> = new Map(
  Object.entries({
    humanize: take(1, 1, ([v]) => humanize(number(v))),
    humanize1024: take(1, 1, ([v]) => humanize1024(number(v))),
    humanizeDuration: take(1, 1, ([v]) => humanizeDuration(number(v))),
    humanizePercentage: take(1, 1, ([v]) => humanizePercentage(number(v))),
    humanizeTimestamp: take(1, 1, ([v]) => humanizeTimestamp(number(v))),
    title: take(1, 1, ([v]) =>
      text(v).replace(
        /(^|[^\p{L}\p{N}_'])(\p{L})/gu,
        (_, before: string, letter: string) => before + letter.toUpperCase(),
      ),
    ),
    toUpper: take(1, 1, ([v]) => text(v).toUpperCase()),
    toLower: take(1, 1, ([v]) => text(v).toLowerCase()),
    stripPort: take(1, 1, ([v]) => stripPort(text(v))),
    stripDomain: take(1, 1, ([v]) => stripDomain(text(v))),
    match: take(2, 2, ([pattern, v]) => RE2JS.compile(text(pattern)).matcher(text(v)).find()),
    reReplaceAll: take(3, 3, ([pattern, replacement, v]) =>
      replaceAll(text(pattern), text(replacement), text(v)),
    ),
    safeHtml: take(1, 1, ([v]) => v),
    query: take(1, 1, ([v], query) => query(text(v))),
    first: take(1, 1, ([v]) => {
      const list = samples(v);
      if (list[0] === undefined) throw new Error('first() called on vector with no elements');
      return list[0];
    }),
    label: take(2, 2, ([name, v]) => sample(v).Labels[text(name)] ?? ''),
    value: take(1, 1, ([v]) => sample(v).Value),
    strvalue: take(1, 1, ([v]) => sample(v).Labels.__value__ ?? ''),
    sortByLabel: take(2, 2, ([name, v]) =>
      [...samples(v)].sort((a, b) => ((a.Labels[text(name)] ?? '') < (b.Labels[text(name)] ?? '') ? -1 : 1)),
    ),
    printf: take(1, 99, ([format, ...args]) => sprintf(text(format), args)),
    print: take(0, 99, (args) => args.map(display).join('')),
    println: take(0, 99, (args) => `${args.map(display).join(' ')}\n`),
    not: take(1, 1, ([v]) => !truth(v)),
    len: take(1, 1, ([v]) =>
      BigInt(
        typeof v === 'string' ? v.length : Array.isArray(v) ? v.length : Object.keys(v as object).length,
      ),
    ),
    index: take(2, 2, ([v, key]) => index(v, key)),
    and: take(1, 99, (args) => args.find((arg) => !truth(arg)) ?? args.at(-1)),
    or: take(1, 99, (args) => args.find((arg) => truth(arg)) ?? args.at(-1)),
    eq: take(2, 99, ([a, ...others]) => others.some((b) => compare(a, b) === 0)),
    ne: take(2, 2, ([a, b]) => compare(a, b) !== 0),
    lt: take(2, 2, ([a, b]) => compare(a, b) < 0),
    le: take(2, 2, ([a, b]) => compare(a, b) <= 0),
    gt: take(2, 2, ([a, b]) => compare(a, b) > 0),
    ge: take(2, 2, ([a, b]) => compare(a, b) >= 0),
  }),
);

function take(least: number, most: number, run: TemplateFunction) {
  return { least, most, run };
}

/** Go's truth: not zero, empty, false or missing. */
export function truth(value: unknown): boolean {
  if (Array.isArray(value)) return value.length > 0;
  if (typeof value === 'object' && value !== null) return Object.keys(value).length > 0;
  if (typeof value === 'number') return value !== 0;
  return Boolean(value);
}

function number(value: unknown): number {
  if (typeof value === 'number') return value;
  if (typeof value === 'bigint') return Number(value);
  if (typeof value === 'string' && value.trim() !== '' && !Number.isNaN(Number(value))) return Number(value);
  throw new Error(
    `can't convert ${typeof value === 'string' ? JSON.stringify(value) : display(value)} to float`,
  );
}

function text(value: unknown): string {
  if (typeof value === 'string') return value;
  throw new Error(
    `wrong type for value; expected string; got ${typeof value === 'number' ? 'float64' : typeof value}`,
  );
}

function samples(value: unknown): readonly TemplateSample[] {
  if (Array.isArray(value)) return value as readonly TemplateSample[];
  throw new Error('expected the result of a query');
}

function sample(value: unknown): TemplateSample {
  if (typeof value === 'object' && value !== null && 'Value' in value) return value as TemplateSample;
  throw new Error('expected a sample');
}

function compare(a: unknown, b: unknown): number {
  if (typeof a !== typeof b) throw new Error('incompatible types for comparison');
  return a === b ? 0 : (a as number | string | bigint) < (b as number | string | bigint) ? -1 : 1;
}

function index(value: unknown, key: unknown): unknown {
  if (Array.isArray(value)) return value[Number(key)];
  return (value as Record<string, unknown>)[String(key)] ?? '';
}

function replaceAll(pattern: string, replacement: string, value: string): string {
  const matcher = RE2JS.compile(pattern).matcher(value);
  let out = '';
  let position = 0;
  while (matcher.find()) {
    out += value.slice(position, matcher.start());
    out += expand(replacement, (name) =>
      /^\d+$/.test(name) && Number(name) <= matcher.groupCount() ? (matcher.group(Number(name)) ?? '') : '',
    );
    position = matcher.end();
  }
  return out + value.slice(position);
}

function stripPort(hostPort: string): string {
  const match = /^(?:\[([^\]]*)\]|([^:]*)):[^:]*$/.exec(hostPort);
  return match === null ? hostPort : (match[1] ?? match[2] ?? hostPort);
}

function stripDomain(hostPort: string): string {
  const host = stripPort(hostPort);
  const port = hostPort.slice(host.length);
  if (/^[\d.]+$/.test(host) || host.includes(':')) return hostPort;
  return host.split('.')[0] + port;
}
