import type { Capability } from './capability.ts';

/** A mistake in the arguments of a fault, distractor or cover that its schema cannot see. */
export interface ArgumentIssue {
  /** JSON pointer inside the arguments. */
  readonly path: string;
  readonly message: string;
  readonly hint?: string | undefined;
}

/** What validation asks a catalogue (faults, distractors, cover), so that file formats need not know the catalogue. */
export interface MechanismLookup {
  readonly names: readonly string[];
  schemaOf(name: string): object;
  requires(name: string): readonly Capability[];
  /** Problems against the application. Asked only when the arguments fit the schema. */
  check(name: string, args: unknown): readonly ArgumentIssue[];
  /** Alerts that must fire for the effect to be proved. Asked only when `check` found nothing. */
  expectedAlerts(name: string, args: unknown): readonly string[];
}
