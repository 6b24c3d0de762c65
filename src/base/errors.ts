/** Exit codes of the `culprit` command; documented in the README. */
export const exitCodes = {
  ok: 0,
  failed: 1,
  usage: 2,
  missing: 3,
  internal: 70,
  interrupted: 130,
} as const;

const marker = Symbol.for('culprit.error');

/**
 * Base of every error culprit raises on purpose.
 * `hint` says what to do about it; `details` holds facts (URL, status, captured output).
 */
export class CulpritError extends Error {
  readonly [marker] = true;
  readonly code: string;
  readonly hint: string | undefined;
  readonly details: Readonly<Record<string, unknown>>;
  readonly exitCode: number = exitCodes.failed;

  constructor(
    code: string,
    message: string,
    options: { hint?: string | undefined; details?: Record<string, unknown>; cause?: unknown } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = new.target.name;
    this.code = code;
    this.hint = options.hint;
    this.details = options.details ?? {};
  }

  static isInstance(value: unknown): value is CulpritError {
    return typeof value === 'object' && value !== null && marker in value;
  }
}

/** Bad flags, a missing file, an unknown name: the user can fix it. Exit 2. */
export class UserError extends CulpritError {
  override readonly exitCode = exitCodes.usage;
}

/** Docker, kind, a key: something outside is absent; the hint says how to get it. Exit 3. */
export class PrerequisiteError extends CulpritError {
  override readonly exitCode = exitCodes.missing;
}

/** A step failed: a command, an API call, a proof. `isRetryable` is computed once, where the facts are. Exit 1. */
export class OperationError extends CulpritError {
  readonly isRetryable: boolean;
  constructor(
    code: string,
    message: string,
    options: {
      hint?: string | undefined;
      details?: Record<string, unknown>;
      cause?: unknown;
      isRetryable?: boolean;
    } = {},
  ) {
    super(code, message, options);
    this.isRetryable = options.isRetryable ?? false;
  }
}
