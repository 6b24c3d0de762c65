/** Tokens of one reply or of many. `input` includes what was read from and written to a cache; `output` includes reasoning. */
export interface Usage {
  readonly input: number;
  readonly cached: number;
  readonly cacheWritten: number;
  readonly output: number;
  readonly reasoning: number;
}

export const noUsage: Usage = { input: 0, cached: 0, cacheWritten: 0, output: 0, reasoning: 0 };

export function addUsage(a: Usage, b: Usage): Usage {
  return {
    input: a.input + b.input,
    cached: a.cached + b.cached,
    cacheWritten: a.cacheWritten + b.cacheWritten,
    output: a.output + b.output,
    reasoning: a.reasoning + b.reasoning,
  };
}

/** Opaque data a provider wants back with a part, such as the signature of a thought. */
export type ProviderData = Readonly<Record<string, unknown>>;

export interface ToolCallPart {
  readonly type: 'tool-call';
  readonly callId: string;
  readonly name: string;
  /** As the model wrote it: JSON, if the model kept to the rules. */
  readonly arguments: string;
  readonly provider?: ProviderData;
}

/** A piece of what a model said. */
export type ReplyPart =
  | { readonly type: 'text'; readonly text: string; readonly provider?: ProviderData }
  | { readonly type: 'reasoning'; readonly text: string; readonly provider?: ProviderData }
  | ToolCallPart;

export interface ToolResult {
  readonly callId: string;
  readonly name: string;
  readonly text: string;
  readonly isError: boolean;
}

/** A conversation, in words every provider's protocol can be made from. */
export type Message =
  | { readonly role: 'system' | 'user'; readonly text: string }
  | { readonly role: 'assistant'; readonly parts: readonly ReplyPart[] }
  | { readonly role: 'tool'; readonly results: readonly ToolResult[] };

/** A function the model may call; `parameters` is a JSON Schema of an object. */
export interface ToolDefinition {
  readonly name: string;
  readonly description: string;
  readonly parameters: Readonly<Record<string, unknown>>;
}

/** Which reply of which sample it is. Never sent to a provider: keys jitter, selects from scripts and recordings. */
export interface RequestIdentity {
  readonly task: string;
  readonly repeat: number;
  /** From 1. */
  readonly turn: number;
  readonly purpose: 'turn' | 'summary';
}

export interface ModelRequest {
  readonly messages: readonly Message[];
  readonly tools: readonly ToolDefinition[];
  /** Absent: the model may answer in text or call any tool; `{ tool }`: it must call this one. */
  readonly toolChoice?: 'none' | { readonly tool: string };
  readonly identity: RequestIdentity;
}

export interface ModelReply {
  readonly parts: readonly ReplyPart[];
  readonly finish: 'stop' | 'length' | 'tool-calls' | 'content-filter' | 'error' | 'other';
  readonly usage: Usage;
  /** What the provider did not support of the settings, and the like. */
  readonly warnings: readonly string[];
  /** The exact model that answered, where the provider says it. */
  readonly servedBy?: string;
}

/** Settings of a model, recorded in the run. */
export interface ModelSettings {
  readonly reasoningEffort?: string;
  readonly temperature?: number;
  readonly seed?: number;
  /** Tokens of one reply at most. */
  readonly maxTokens?: number;
}

/** A language model: one request, one reply. Throws ModelError, or the signal's reason. Knows nothing of retries. */
export interface Model {
  /** `provider/model`. */
  readonly name: string;
  generate(request: ModelRequest, signal: AbortSignal): Promise<ModelReply>;
}

/** The text of a reply without reasoning. */
export function textOf(parts: readonly ReplyPart[]): string {
  return parts
    .flatMap((part) => (part.type === 'text' ? part.text : []))
    .join('\n')
    .trim();
}

/** Tokens of a text, roughly; for what no provider counts. */
export function estimateTokens(text: string): number {
  return Math.ceil(text.length / 4);
}
