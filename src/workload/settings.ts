import {
  readSetting,
  type SettingRefusal,
  type SettingDeclaration as SettingSpec,
} from '../spec/setting-value.ts';
import type { Runtime } from './failure.ts';

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

/** What a process logs about a value it refuses; a secret is never told. */
function describe(runtime: Runtime, spec: SettingSpec, text: string, refusal: SettingRefusal): string {
  const shown = spec.type === 'secret' ? '***' : text;
  switch (refusal.reason) {
    case 'missing':
      return `required environment variable ${spec.name} is not set`;
    case 'type':
      return `invalid value for ${spec.name}: ${complaint(runtime, spec.type, shown)}`;
    case 'minimum':
      return `invalid value for ${spec.name}: ${shown} is below the minimum of ${refusal.bound}`;
    case 'maximum':
      return `invalid value for ${spec.name}: ${shown} is above the maximum of ${refusal.bound}`;
    case 'values':
      return `invalid value for ${spec.name}: "${shown}" is not one of ${refusal.values.join(', ')}`;
  }
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
    const { text, number, refusal } = readSetting(spec, env[spec.name]);
    if (refusal !== undefined)
      problems.push({ setting: spec.name, message: describe(runtime, spec, text ?? '', refusal) });
    else if (text !== undefined) {
      texts.set(spec.name, text);
      if (number !== undefined) numbers.set(spec.name, number);
    }
  }
  return { settings: new Settings(texts, numbers), problems };
}
