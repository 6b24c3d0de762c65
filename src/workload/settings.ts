import type { Static } from 'typebox';
import { parseDuration } from '../base/duration.ts';
import type { Setting } from '../spec/program.ts';
import type { Runtime } from './failure.ts';

type SettingSpec = Static<typeof Setting>;

/** The settings of a process: texts as given, and numbers for those that have one. */
export class Settings {
  readonly #texts: ReadonlyMap<string, string>;
  readonly #numbers: ReadonlyMap<string, number>;
  constructor(texts: ReadonlyMap<string, string>, numbers: ReadonlyMap<string, number>) {
    this.#texts = texts;
    this.#numbers = numbers;
  }
  /** A literal, or the value of the "$SETTING" it names (`fallback` when that has none). */
  number(value: number | string | undefined, fallback: number): number {
    if (value === undefined) return fallback;
    if (typeof value === 'number') return value;
    return this.#numbers.get(value.slice(1)) ?? fallback;
  }
  text(value: string | undefined): string {
    if (value === undefined) return '';
    return value.startsWith('$') ? (this.#texts.get(value.slice(1)) ?? '') : value;
  }
}

/** Why a process refuses its configuration; `message` is what it logs. */
export interface SettingProblem {
  readonly setting: string;
  readonly message: string;
}

const booleans: Readonly<Record<string, number>> = {
  true: 1,
  false: 0,
  '1': 1,
  '0': 0,
  yes: 1,
  no: 0,
  on: 1,
  off: 0,
};

function parseNumber(type: SettingSpec['type'], text: string): number | undefined {
  switch (type) {
    case 'integer':
      return /^[+-]?\d{1,15}$/.test(text) ? Number(text) : undefined;
    case 'number':
      return /^[+-]?(\d+(\.\d*)?|\.\d+)$/.test(text) ? Number(text) : undefined;
    case 'duration':
      return parseDuration(text);
    case 'boolean':
      return booleans[text.toLowerCase()];
    default:
      return undefined;
  }
}

const isAddress = (text: string): boolean => {
  const match = /^[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?:(\d{1,5})$/.exec(text);
  return match !== null && Number(match[2]) > 0 && Number(match[2]) < 65536;
};

/** How a runtime's own parser complains about a text that is not of the type. */
function complaint(runtime: Runtime, type: SettingSpec['type'], text: string): string {
  if (type === 'address') {
    if (runtime === 'go')
      return text.includes(':')
        ? `address ${text}: invalid port`
        : `address ${text}: missing port in address`;
    return `"${text}" is not a host:port address`;
  }
  if (type === 'duration' && runtime === 'go') return `time: invalid duration "${text}"`;
  if (type === 'boolean' && runtime === 'go') return `strconv.ParseBool: parsing "${text}": invalid syntax`;
  if (type === 'integer' || type === 'number') {
    if (runtime === 'go') {
      return `strconv.${type === 'integer' ? 'Atoi' : 'ParseFloat'}: parsing "${text}": invalid syntax`;
    }
    if (runtime === 'java') return `java.lang.NumberFormatException: For input string: "${text}"`;
    if (runtime === 'python') {
      return type === 'integer'
        ? `ValueError: invalid literal for int() with base 10: '${text}'`
        : `ValueError: could not convert string to float: '${text}'`;
    }
  }
  return `"${text}" is not a valid ${type}`;
}

function check(
  runtime: Runtime,
  spec: SettingSpec,
  text: string,
  number: number | undefined,
): string | undefined {
  const typed = spec.type !== 'string' && spec.type !== 'secret' && spec.type !== 'address';
  if (typed && number === undefined) return complaint(runtime, spec.type, text);
  if (spec.type === 'address' && !isAddress(text)) return complaint(runtime, spec.type, text);
  if (number !== undefined && spec.minimum !== undefined && number < spec.minimum) {
    return `${text} is below the minimum of ${spec.minimum}`;
  }
  if (number !== undefined && spec.maximum !== undefined && number > spec.maximum) {
    return `${text} is above the maximum of ${spec.maximum}`;
  }
  if (spec.values !== undefined && !spec.values.includes(text)) {
    return `"${text}" is not one of ${spec.values.join(', ')}`;
  }
  return undefined;
}

/**
 * Reads the declared settings from the environment as a process does at its start. An empty value counts as missing
 * where the setting is required or has a default. All problems, in the order of declaration.
 */
export function readSettings(
  specs: readonly SettingSpec[],
  env: Readonly<Record<string, string>>,
  runtime: Runtime,
): { settings: Settings; problems: readonly SettingProblem[] } {
  const texts = new Map<string, string>();
  const numbers = new Map<string, number>();
  const problems: SettingProblem[] = [];
  for (const spec of specs) {
    const given = env[spec.name];
    const text = given === undefined || given === '' ? spec.default : given;
    if (text === undefined || text === '') {
      if (spec.required) {
        problems.push({
          setting: spec.name,
          message: `required environment variable ${spec.name} is not set`,
        });
      }
      continue;
    }
    const number = parseNumber(spec.type, text);
    const problem = check(runtime, spec, spec.type === 'secret' ? '***' : text, number);
    if (problem !== undefined) {
      problems.push({ setting: spec.name, message: `invalid value for ${spec.name}: ${problem}` });
      continue;
    }
    texts.set(spec.name, text);
    if (number !== undefined) numbers.set(spec.name, number);
  }
  return { settings: new Settings(texts, numbers), problems };
}
