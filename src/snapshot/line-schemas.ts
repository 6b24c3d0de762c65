import type { TSchema } from 'typebox';
import { Compile } from 'typebox/compile';
import { AlertLine, ChangeLine, EventLine, ObjectLine, SpanLine } from '../spec/bundle.ts';

/** Files of one JSON value a line, and what a line has to be. */
export const lineSchemas = {
  'alerts.jsonl': AlertLine,
  'changes.jsonl': ChangeLine,
  'events.jsonl': EventLine,
  'objects.jsonl': ObjectLine,
  'traces.jsonl': SpanLine,
} as const satisfies Record<string, TSchema>;

export type LineFile = keyof typeof lineSchemas;

/** Checks a value; answers what is wrong with it, or undefined. */
export type LineCheck = (value: unknown) => string | undefined;

const checks = new Map<TSchema, LineCheck>();

/** A compiled check for a schema; compiled once. */
export function checkFor(schema: TSchema): LineCheck {
  let check = checks.get(schema);
  if (check === undefined) {
    const validator = Compile(schema);
    check = (value) => {
      if (validator.Check(value)) return undefined;
      const [first] = validator.Errors(value);
      return first === undefined
        ? 'does not match its schema'
        : `${first.instancePath || 'the line'} ${first.message}`;
    };
    checks.set(schema, check);
  }
  return check;
}

/** A line's JSON value, or what is wrong with it. */
export function parseLine(text: string, check: LineCheck): { value: unknown } | { problem: string } {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    return { problem: `not JSON: ${(error as Error).message.slice(0, 120)}` };
  }
  const problem = check(value);
  return problem === undefined ? { value } : { problem };
}
