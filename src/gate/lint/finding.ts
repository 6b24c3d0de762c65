import type { Diagnostic } from '../../base/diagnostics.ts';
import type { LintedBundle } from './linted-bundle.ts';

/** What a rule found, before it is given the rule's code. `file` is relative to the bundle, `line` counts from 1. */
export interface Found {
  readonly file: string;
  readonly line: number;
  readonly message: string;
  readonly hint?: string;
}

/** A finding of a lint; its location is relative to the bundle. */
export interface LintFinding extends Diagnostic {
  /** Name of the rule. */
  readonly rule: string;
}

interface RuleFacts {
  /** Stable: `LEK…` leaks, `TRU…` ground truth, `IDN…` identifiability. Listed in docs/lint.md. */
  readonly code: string;
  /** Kebab-case, the name of its file. */
  readonly name: string;
  /** What it finds, one sentence. */
  readonly finds: string;
  /** Why that spoils a task, one sentence. */
  readonly why: string;
}

/** A rule over one bundle. Rules that need the private part find nothing in a bundle without it. */
export interface BundleRule extends RuleFacts {
  readonly scope: 'bundle';
  check(bundle: LintedBundle): Iterable<Found>;
}

/** A rule over the tasks of a suite; needs at least two of one application. */
export interface SuiteRule extends RuleFacts {
  readonly scope: 'suite';
  check(bundles: readonly LintedBundle[]): Iterable<Found & { readonly bundle: LintedBundle }>;
}

export type LintRule = BundleRule | SuiteRule;
