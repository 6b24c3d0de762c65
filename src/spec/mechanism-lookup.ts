import type { Capability } from './capability.ts';

/** A mistake in the arguments of a fault, distractor or cover that its schema cannot see. */
export interface ArgumentIssue {
  /** JSON pointer inside the arguments. */
  readonly path: string;
  readonly message: string;
  readonly hint?: string | undefined;
}

/** A field of an object that a mechanism changes: entity name and JSON pointer. */
export interface Touch {
  readonly target: string;
  readonly path: string;
}

/** What validation asks a catalogue (faults, distractors, cover), so that file formats need not know the catalogue. */
export interface MechanismLookup {
  readonly names: readonly string[];
  schemaOf(name: string): object;
  requires(name: string): readonly Capability[];
  /** Problems against the application. Asked only when the arguments fit the schema. */
  check(name: string, args: unknown): readonly ArgumentIssue[];
  /** Asked only when `check` found nothing, like the next. */
  touches(name: string, args: unknown): readonly Touch[];
  /** Alerts that must fire for the effect to be proved. */
  expectedAlerts(name: string, args: unknown): readonly string[];
}
