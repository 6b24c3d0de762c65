import type { LanguageModel } from 'ai';
import type {
  Message,
  Model,
  ModelReply,
  ModelRequest,
  ModelSettings,
  ProviderData,
  ReplyPart,
  Usage,
} from '../model.ts';
import { classifyModelError, ModelError } from '../model-error.ts';

/** A model of one of the AI SDK's provider packages. */
export type SdkLanguageModel = Extract<LanguageModel, { specificationVersion: 'v3' }>;
type CallOptions = Parameters<SdkLanguageModel['doStream']>[0];
type StreamPart =
  Awaited<ReturnType<SdkLanguageModel['doStream']>>['stream'] extends ReadableStream<infer P> ? P : never;
type ProviderOptions = NonNullable<CallOptions['providerOptions']>;

export interface SdkModelOptions {
  readonly name: string;
  readonly language: SdkLanguageModel;
  readonly settings: ModelSettings;
  /** What the provider calls reasoning effort, and other settings of its own. */
  readonly providerOptions: ProviderOptions;
  /** Marks what the provider should keep in its cache between turns. */
  readonly cacheMark?: ProviderOptions;
  /** A stream that is silent for so long is given up. */
  readonly stallMs: number;
  /** Taken out of every message, should a provider repeat it. */
  readonly secret: string | undefined;
  readonly nowMs: () => number;
}

/**
 * One request over a provider package, streamed, so that a stalled connection is told from a long thought. The SDK's
 * own retries are not used: they belong to its higher functions, which are not called.
 */
export function sdkModel(options: SdkModelOptions): Model {
  const { name, language, stallMs } = options;
  return {
    name,
    async generate(request, signal) {
      const stall = new AbortController();
      let timer: NodeJS.Timeout | undefined;
      const touch = () => {
        clearTimeout(timer);
        timer = setTimeout(
          () => stall.abort(new ModelError('stalled', `${name} was silent for ${stallMs} ms`)),
          stallMs,
        );
      };
      touch();
      const abortSignal = AbortSignal.any([signal, stall.signal]);
      let answered = false;
      try {
        const { stream } = await language.doStream(callOptions(request, options, abortSignal));
        answered = true;
        return await collect(stream, touch, abortSignal);
      } catch (error) {
        signal.throwIfAborted();
        if (stall.signal.aborted) throw stall.signal.reason;
        throw hideSecret(beforeAnswer(error, answered, options.nowMs()), options.secret);
      } finally {
        clearTimeout(timer);
        // a reply that was given up half-way must not hold its connection
        stall.abort();
      }
    },
  };
}

/** A provider package refuses settings it does not know by throwing before it asks anybody: not worth repeating. */
function beforeAnswer(error: unknown, answered: boolean, nowMs: number): ModelError {
  const classified = classifyModelError(error, nowMs);
  if (answered || classified.kind !== 'broken-reply') return classified;
  return new ModelError('bad-request', classified.message, { cause: error });
}

function hideSecret(error: ModelError, secret: string | undefined): ModelError {
  if (secret) error.message = error.message.replaceAll(secret, '[key]');
  return error;
}

function callOptions(request: ModelRequest, options: SdkModelOptions, abortSignal: AbortSignal): CallOptions {
  const { settings, providerOptions, cacheMark } = options;
  const { toolChoice } = request;
  return {
    prompt: request.messages.map((message, index) => ({
      ...sdkMessage(message),
      // the system prompt and the newest message: everything before them is read from the cache on the next turn
      ...(cacheMark && (index === 0 || index === request.messages.length - 1)
        ? { providerOptions: cacheMark }
        : {}),
    })),
    ...(request.tools.length === 0
      ? {}
      : {
          tools: request.tools.map(({ name, description, parameters }) => ({
            type: 'function' as const,
            name,
            description,
            inputSchema: parameters,
          })),
          toolChoice:
            toolChoice === undefined
              ? ({ type: 'auto' } as const)
              : toolChoice === 'none'
                ? ({ type: 'none' } as const)
                : ({ type: 'tool', toolName: toolChoice.tool } as const),
        }),
    ...(settings.temperature === undefined ? {} : { temperature: settings.temperature }),
    ...(settings.seed === undefined ? {} : { seed: settings.seed }),
    ...(settings.maxTokens === undefined ? {} : { maxOutputTokens: settings.maxTokens }),
    providerOptions,
    abortSignal,
  };
}

function sdkMessage(message: Message): CallOptions['prompt'][number] {
  switch (message.role) {
    case 'system':
      return { role: 'system', content: message.text };
    case 'user':
      return { role: 'user', content: [{ type: 'text', text: message.text }] };
    case 'assistant':
      return {
        role: 'assistant',
        content: message.parts.map((part) => {
          // it came from this provider and goes back as it was
          const provider =
            part.provider === undefined ? {} : { providerOptions: part.provider as ProviderOptions };
          return part.type === 'tool-call'
            ? {
                type: 'tool-call' as const,
                toolCallId: part.callId,
                toolName: part.name,
                input: objectOf(part.arguments),
                ...provider,
              }
            : { type: part.type, text: part.text, ...provider };
        }),
      };
    case 'tool':
      return {
        role: 'tool',
        content: message.results.map(({ callId, name, text, isError }) => ({
          type: 'tool-result' as const,
          toolCallId: callId,
          toolName: name,
          output: { type: isError ? ('error-text' as const) : ('text' as const), value: text },
        })),
      };
  }
}

/** Protocols want an object back, also where the model wrote something else. */
function objectOf(text: string): unknown {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value;
  } catch {
    // the model's mistake; it is told so in the tool result
  }
  return { malformed: text };
}

async function collect(
  stream: ReadableStream<StreamPart>,
  touch: () => void,
  abortSignal: AbortSignal,
): Promise<ModelReply> {
  const parts: ReplyPart[] = [];
  const open = new Map<string, { index: number; text: string }>();
  const warnings: string[] = [];
  let servedBy: string | undefined;
  const start = (type: 'text' | 'reasoning', id: string, provider?: ProviderData) => {
    open.set(`${type} ${id}`, { index: parts.length, text: '' });
    parts.push({ type, text: '', ...(provider ? { provider } : {}) });
  };
  const extend = (type: 'text' | 'reasoning', id: string, text: string, provider?: ProviderData) => {
    const entry = open.get(`${type} ${id}`);
    if (!entry) return;
    entry.text += text;
    const before = parts[entry.index];
    const kept = provider ?? before?.provider;
    parts[entry.index] = { type, text: entry.text, ...(kept ? { provider: kept } : {}) };
  };
  for await (const part of abortable(stream, abortSignal)) {
    touch();
    switch (part.type) {
      case 'stream-start':
        warnings.push(...part.warnings.map(warningText));
        break;
      case 'response-metadata':
        servedBy = part.modelId ?? servedBy;
        break;
      case 'text-start':
        start('text', part.id, part.providerMetadata);
        break;
      case 'text-delta':
        extend('text', part.id, part.delta, part.providerMetadata);
        break;
      case 'text-end':
        extend('text', part.id, '', part.providerMetadata);
        break;
      case 'reasoning-start':
        start('reasoning', part.id, part.providerMetadata);
        break;
      case 'reasoning-delta':
        extend('reasoning', part.id, part.delta, part.providerMetadata);
        break;
      case 'reasoning-end':
        extend('reasoning', part.id, '', part.providerMetadata);
        break;
      case 'tool-call':
        parts.push({
          type: 'tool-call',
          callId: part.toolCallId,
          name: part.toolName,
          arguments: part.input,
          ...(part.providerMetadata ? { provider: part.providerMetadata } : {}),
        });
        break;
      case 'error':
        throw part.error;
      case 'finish':
        // a stream that was cut off "finishes" too, but the provider gave no reason
        if (part.finishReason.raw === undefined)
          throw new ModelError('broken-reply', 'the reply ended before it was complete');
        return {
          parts: parts.filter((one) => one.type === 'tool-call' || one.text !== '' || one.provider),
          finish: part.finishReason.unified,
          usage: usageOf(part.usage),
          warnings,
          ...(servedBy === undefined ? {} : { servedBy }),
        };
    }
  }
  throw new ModelError('broken-reply', 'the reply ended before it was complete');
}

/** Not every provider's stream ends when the request is aborted: leave it anyway. */
async function* abortable(
  stream: ReadableStream<StreamPart>,
  signal: AbortSignal,
): AsyncGenerator<StreamPart> {
  const reader = stream.getReader();
  const aborted = Promise.withResolvers<never>();
  aborted.promise.catch(() => {});
  const abort = () => aborted.reject(signal.reason as Error);
  signal.addEventListener('abort', abort, { once: true });
  try {
    for (;;) {
      signal.throwIfAborted();
      const { done, value } = await Promise.race([reader.read(), aborted.promise]);
      if (done) return;
      yield value;
    }
  } finally {
    signal.removeEventListener('abort', abort);
    reader.cancel().catch(() => {});
  }
}

function warningText(warning: {
  type: string;
  feature?: string;
  details?: string;
  message?: string;
}): string {
  return [warning.type, warning.feature, warning.details ?? warning.message].filter(Boolean).join(': ');
}

function usageOf(usage: Extract<StreamPart, { type: 'finish' }>['usage']): Usage {
  return {
    input: usage.inputTokens.total ?? 0,
    cached: usage.inputTokens.cacheRead ?? 0,
    cacheWritten: usage.inputTokens.cacheWrite ?? 0,
    output: usage.outputTokens.total ?? 0,
    reasoning: usage.outputTokens.reasoning ?? 0,
  };
}
