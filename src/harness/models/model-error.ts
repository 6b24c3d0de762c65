import { OperationError } from '../../base/errors.ts';

/** Why a model gave no reply. */
export type ModelErrorKind =
  | 'rate-limit'
  | 'server'
  | 'connection'
  | 'stalled'
  | 'broken-reply'
  | 'context-overflow'
  | 'unauthorised'
  | 'time-limit'
  | 'bad-request'
  | 'unavailable';

const retryable: ReadonlySet<ModelErrorKind> = new Set([
  'rate-limit',
  'server',
  'connection',
  'stalled',
  'broken-reply',
]);

/** A request to a model that brought no usable reply. Never the model's fault, except for `context-overflow`. */
export class ModelError extends OperationError {
  readonly kind: ModelErrorKind;
  readonly status: number | undefined;
  /** How long the provider asks to wait. */
  readonly retryAfterMs: number | undefined;

  constructor(
    kind: ModelErrorKind,
    message: string,
    options: {
      status?: number | undefined;
      retryAfterMs?: number | undefined;
      cause?: unknown;
      hint?: string;
    } = {},
  ) {
    super(`model-${kind}`, message, {
      isRetryable: retryable.has(kind),
      cause: options.cause,
      hint: options.hint,
      details: options.status === undefined ? {} : { status: options.status },
    });
    this.kind = kind;
    this.status = options.status;
    this.retryAfterMs = options.retryAfterMs;
  }
}

const overflowText =
  /context[ _-]?(length|window|size)|maximum context|too many (input )?tokens|(prompt|input|request) is too long|input token count .* exceeds|reduce the length of/i;

/**
 * What an error of an AI SDK provider (or of `fetch`) means. Looks at facts (status, headers, error codes), so that it
 * need not load the SDK. `nowMs` is for retry-after dates.
 */
export function classifyModelError(error: unknown, nowMs: number): ModelError {
  if (error instanceof ModelError) return error;
  const facts = factsOf(error);
  const message = shorten(facts.message);
  const options = { status: facts.status, cause: error };
  const { status } = facts;
  const overflows = overflowText.test(`${facts.message} ${facts.body}`);
  if ((status === 400 || status === 413 || status === 422 || status === undefined) && overflows)
    return new ModelError('context-overflow', message, options);
  if (status === 429 || status === 529)
    return /insufficient_quota|credit balance/.test(facts.body)
      ? new ModelError('unauthorised', message, { ...options, hint: 'the account has no credit left' })
      : new ModelError('rate-limit', message, { ...options, retryAfterMs: retryAfter(facts.headers, nowMs) });
  if (status === 408 || status === 409 || (status !== undefined && status >= 500))
    return new ModelError('server', message, { ...options, retryAfterMs: retryAfter(facts.headers, nowMs) });
  if (status === 401 || status === 403)
    return new ModelError('unauthorised', message, { ...options, hint: 'the provider refuses the key' });
  if (status !== undefined && status >= 400) return new ModelError('bad-request', message, options);
  if (facts.name === 'AI_LoadAPIKeyError') return new ModelError('unauthorised', message, options);
  if (facts.isConnection) return new ModelError('connection', message, options);
  // a 200 whose body is no reply: cut off, or not the protocol
  return new ModelError('broken-reply', message, options);
}

interface ErrorFacts {
  readonly name: string;
  readonly message: string;
  readonly status: number | undefined;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  readonly isConnection: boolean;
}

function factsOf(error: unknown): ErrorFacts {
  // stream errors arrive as plain objects or text
  const value = (typeof error === 'object' && error !== null ? error : { message: String(error) }) as Record<
    string,
    unknown
  >;
  const chain: Record<string, unknown>[] = [];
  for (let one: unknown = value; typeof one === 'object' && one !== null && chain.length < 8; )
    one = chain.push(one as Record<string, unknown>) && (one as Record<string, unknown>)['cause'];
  const text = (name: string) => chain.map((one) => one[name]).find((item) => typeof item === 'string') ?? '';
  const statusCode = chain.map((one) => one['statusCode']).find((item) => typeof item === 'number');
  const ok = typeof statusCode === 'number' && statusCode < 400;
  const nested = value['error'];
  const detail = typeof nested === 'object' && nested !== null ? (nested as Record<string, unknown>) : value;
  const kind = String(detail['type'] ?? '');
  return {
    name: String(value['name'] ?? ''),
    message: String(value['message'] ?? detail['message'] ?? JSON.stringify(value)),
    status: typeof statusCode === 'number' && !ok ? statusCode : statusOfKind(kind),
    headers: (chain.map((one) => one['responseHeaders']).find((item) => typeof item === 'object' && item) ??
      {}) as Record<string, string>,
    body: `${text('responseBody')} ${kind} ${String(detail['code'] ?? '')}`,
    isConnection: chain.some(
      (one) =>
        /^(ECONN|ENOTFOUND|EAI_|ETIMEDOUT|EPIPE|EHOST|ENET|UND_ERR)/.test(String(one['code'] ?? '')) ||
        /terminated|fetch failed|other side closed|socket hang up|network|aborted/i.test(
          String(one['message'] ?? ''),
        ),
    ),
  };
}

/** Errors that come inside a stream name their kind instead of a status. */
function statusOfKind(kind: string): number | undefined {
  if (/overloaded/.test(kind)) return 529;
  if (/rate_limit/.test(kind)) return 429;
  if (/api_error|server_error|internal/.test(kind)) return 500;
  if (/authentication|permission/.test(kind)) return 401;
  if (/invalid_request/.test(kind)) return 400;
  return undefined;
}

/** `retry-after-ms`, or `retry-after` in seconds or as a date. */
function retryAfter(headers: Readonly<Record<string, string>>, nowMs: number): number | undefined {
  const exact = Number.parseFloat(headers['retry-after-ms'] ?? '');
  if (exact >= 0) return exact;
  const given = headers['retry-after'];
  if (given === undefined) return undefined;
  if (/^\s*\d+(\.\d+)?\s*$/.test(given)) return Number.parseFloat(given) * 1000;
  const date = Date.parse(given);
  return Number.isNaN(date) ? undefined : Math.max(0, date - nowMs);
}

function shorten(text: string): string {
  const line = text.replaceAll(/\s+/g, ' ').trim();
  return line.length > 300 ? `${line.slice(0, 300)}…` : line;
}
