import type { KubeObject } from '../../spec/kube-types.ts';

/** What a rule does with a field of an object: takes it out, or puts a marker in place of its text. */
export type FieldVerdict = 'drop' | 'redact' | undefined;

/** One thing the sanitiser does. A rule only takes away; none rewrites what stays. */
export interface SanitiserRule {
  readonly name: string;
  /** Why, for the record in the private part. */
  readonly reason: string;
  /** Whether an object (or what is about it) does not go into the bundle at all. */
  omits?(object: KubeObject): boolean;
  /** `path`: field names from the object's root. */
  field?(kind: string, path: readonly string[]): FieldVerdict;
  /** Applied to every text, wherever it stands: objects, Events, logs, spans, alerts. */
  text?(text: string): string;
}

/** Stands where a value was; tells nothing of its length. */
export const redacted = '<redacted>';
