import type { Io } from './io.ts';

/** One command. What is not implemented is not in the table: the help never promises what does not work. */
export interface TableEntry {
  /** `doctor`, or group and verb: `scenario validate`. */
  readonly name: string;
  readonly summary: string;
  /** `[syntax, description]`; the value arrives as `options.<name>`: `<file...>` as `options.file: string[]`. */
  readonly arguments?: readonly (readonly [syntax: string, description: string])[];
  /** `[syntax, description, default?]`; `--max-turns <n>` arrives as `options.maxTurns: string | undefined`. */
  readonly options?: readonly (readonly [syntax: string, description: string, defaultValue?: unknown])[];
  /** Imports the command when it is wanted and not before: start-up stays fast. */
  readonly load: () => Promise<(options: never, io: Io) => Promise<number>>;
}

/** All commands, in the order of the help page. Add one: a file in `commands/` and an entry here. */
export const commandTable: readonly TableEntry[] = [
  {
    name: 'doctor',
    summary: 'what is installed, what is missing, what each missing thing would enable',
    load: async () => (await import('./commands/doctor.ts')).doctor,
  },
];
