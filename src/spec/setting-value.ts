import { parseDuration } from '../base/duration.ts';
import type { Program } from './program.ts';

/** A declared setting of a program. */
export type SettingDeclaration = NonNullable<Program['settings']>[number];

/** Why a program refuses a value. */
export type SettingRefusal =
  | { readonly reason: 'missing' }
  | { readonly reason: 'type' }
  | { readonly reason: 'minimum' | 'maximum'; readonly bound: number }
  | { readonly reason: 'values'; readonly values: readonly string[] };

/** What a program makes of a setting: a text, a number where the type has one, or a refusal. */
export interface SettingValue {
  /** The text that counts: given or default; undefined where neither is there. */
  readonly text: string | undefined;
  /** Durations in milliseconds, booleans as 1 and 0. */
  readonly number: number | undefined;
  readonly refusal: SettingRefusal | undefined;
}

/**
 * Reads a value by its declaration: the one set of rules by which programs start or refuse to, scenarios are validated and
 * faults choose values. An empty text counts as absent where the setting is required or has a default.
 */
export function readSetting(setting: SettingDeclaration, given: string | undefined): SettingValue {
  const text = given === undefined || given === '' ? setting.default : given;
  if (text === undefined || text === '')
    return {
      text: undefined,
      number: undefined,
      refusal: setting.required ? { reason: 'missing' } : undefined,
    };
  const number = hasNumber(setting.type) ? parseNumber(setting.type, text) : undefined;
  return { text, number, refusal: refusalOf(setting, text, number) };
}

/** The refusal as an operator would be told it: `is below 5`; undefined if the value is accepted. */
export function settingProblem(setting: SettingDeclaration, value: string | undefined): string | undefined {
  const { refusal } = readSetting(setting, value);
  switch (refusal?.reason) {
    case undefined:
      return undefined;
    case 'missing':
      return 'is required';
    case 'type':
      return `is not a valid ${setting.type}`;
    case 'minimum':
      return `is below ${refusal.bound}`;
    case 'maximum':
      return `is above ${refusal.bound}`;
    case 'values':
      return `must be one of ${refusal.values.join(', ')}`;
  }
}

function refusalOf(
  setting: SettingDeclaration,
  text: string,
  number: number | undefined,
): SettingRefusal | undefined {
  if (hasNumber(setting.type) && number === undefined) return { reason: 'type' };
  if (setting.type === 'address' && !isAddress(text)) return { reason: 'type' };
  if (number !== undefined && setting.minimum !== undefined && number < setting.minimum)
    return { reason: 'minimum', bound: setting.minimum };
  if (number !== undefined && setting.maximum !== undefined && number > setting.maximum)
    return { reason: 'maximum', bound: setting.maximum };
  if (setting.values !== undefined && !setting.values.includes(text))
    return { reason: 'values', values: setting.values };
  return undefined;
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

function hasNumber(type: SettingDeclaration['type']): boolean {
  return type === 'integer' || type === 'number' || type === 'duration' || type === 'boolean';
}

function parseNumber(type: SettingDeclaration['type'], text: string): number | undefined {
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

function isAddress(text: string): boolean {
  const port = /^[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?:(\d{1,5})$/.exec(text)?.[1];
  return port !== undefined && Number(port) > 0 && Number(port) < 65536;
}
