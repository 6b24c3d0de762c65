import { type Diagnostic, formatDiagnostic } from '../base/diagnostics.ts';
import { OperationError } from '../base/errors.ts';

/** Looks at a finished bundle that is not in its place yet; what it finds keeps the bundle from getting there. */
export type BundleCheck = (bundle: string) => Promise<readonly Diagnostic[]>;

/** The error of a scenario whose bundle has findings: exit 1, no bundle. */
export function refusedBundle(scenario: string, findings: readonly Diagnostic[]): OperationError {
  return new OperationError(
    'lint',
    `the task of ${scenario} has ${findings.length} finding${findings.length === 1 ? '' : 's'}; no bundle was made\n${findings
      .map((finding) => `  ${formatDiagnostic(finding)}`)
      .join('\n')}`,
    {
      hint: '`culprit build --no-lint` keeps a draft to look at; docs/lint.md explains the rules',
      details: { findings },
    },
  );
}

/** The findings in an error of `refusedBundle`, for a program that reads them; none in others. */
export function findingsOf(error: { readonly details?: unknown }): readonly Diagnostic[] {
  const { findings } = (error.details ?? {}) as { readonly findings?: readonly Diagnostic[] };
  return findings ?? [];
}
