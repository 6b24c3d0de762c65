import type { AgentAnswer, ExitReason, TaskView } from '../agent.ts';
import {
  addUsage,
  type Message,
  type ModelRequest,
  noUsage,
  type ReplyPart,
  textOf,
  type Usage,
} from '../models/model.ts';
import type { ClientReply, ModelClient } from '../models/model-client.ts';
import { ModelError } from '../models/model-error.ts';
import type { SandboxSession } from '../sandbox/sandbox.ts';
import type { Recorder, SampleTotals } from '../transcript.ts';
import { callTools } from './call-tools.ts';
import { Conversation, conversationText } from './conversation.ts';
import type { LoopLimits } from './limits.ts';
import type { Profile } from './profile.ts';

export interface LoopInput {
  readonly task: TaskView;
  readonly repeat: number;
  readonly profile: Profile;
  readonly limits: LoopLimits;
  readonly client: ModelClient;
  /** Tokens the model can take in and give out together. */
  readonly contextTokens: number;
  readonly session: SandboxSession;
  /** What the sandbox has, told to the model. */
  readonly provides: string | undefined;
  readonly record: Recorder;
  readonly signal: AbortSignal;
  readonly nowMs: () => number;
}

/**
 * Lets a model investigate one task until it answers or a limit ends it. Throws if the model cannot be asked or the
 * sandbox broke: never a statement about the model.
 */
export function runLoop(input: LoopInput): Promise<AgentAnswer> {
  return new Loop(input).run();
}

class Loop {
  readonly #input: LoopInput;
  readonly #conversation: Conversation;
  #turn = 0;
  #replies = 0;
  #usage: Usage = noUsage;
  #costUsd: number | undefined;
  #modelMs = 0;
  #toolMs = 0;
  #commands = 0;
  readonly #retries: Record<string, number> = {};

  constructor(input: LoopInput) {
    this.#input = input;
    const { profile, limits, task, provides } = input;
    this.#conversation = new Conversation([
      { role: 'system', text: profile.system(limits) },
      { role: 'user', text: profile.prompt(task, provides) },
    ]);
  }

  async run(): Promise<AgentAnswer> {
    const { record, profile, limits } = this.#input;
    record({
      type: 'prompt',
      messages: this.#conversation.messages,
      tools: profile.tools.map((tool) => tool.definition),
    });
    for (;;) {
      this.#turn++;
      const limit = this.#limitReached();
      // time is over for everybody; at the other limits a last answer costs one reply
      if (limit === 'time-limit' || (limit !== undefined && profile.forcedTool === undefined))
        return this.#end(limit, undefined);
      const reason: ExitReason | undefined =
        limit ?? (this.#turn === limits.turns ? 'turn-limit' : undefined);
      this.#notice(profile.notice(reason === undefined ? limits.turns - this.#turn + 1 : 1, limits));
      let reply: ClientReply;
      try {
        reply = await this.#ask(reason !== undefined);
      } catch (error) {
        if (error instanceof ModelError && error.kind === 'time-limit')
          return this.#end('time-limit', undefined);
        if (error instanceof ModelError && error.kind === 'context-overflow')
          return this.#end('context-overflow', undefined, error.message);
        throw error;
      }
      const ended = await this.#answerTools(reply.reply.parts, reason !== undefined);
      if (ended !== undefined)
        return this.#end(
          // an answer that had to be asked for does not hide the limit
          reason !== undefined && profile.forcedTool !== undefined
            ? reason
            : ended.submission === undefined
              ? 'no-answer'
              : 'submitted',
          ended.submission,
        );
      if (reason !== undefined) return this.#end(reason, undefined);
      if (reply.reply.finish === 'length' && !reply.reply.parts.some((part) => part.type === 'tool-call'))
        this.#notice('Your reply was cut off because it was too long. Keep it shorter.');
      await this.#summariseIfFull(reply);
    }
  }

  #limitReached(): ExitReason | undefined {
    const { timeMs, tokens, costUsd } = this.#input.limits;
    if (this.#usedMs >= timeMs) return 'time-limit';
    if (tokens !== undefined && this.#usage.input + this.#usage.output >= tokens) return 'token-limit';
    if (costUsd !== undefined && (this.#costUsd ?? 0) >= costUsd) return 'cost-limit';
    return undefined;
  }

  get #usedMs(): number {
    return this.#modelMs + this.#toolMs;
  }

  get #remainingMs(): number {
    return this.#input.limits.timeMs - this.#usedMs;
  }

  #notice(text: string | undefined): void {
    if (text === undefined) return;
    this.#input.record({ type: 'notice', turn: this.#turn, text });
    this.#conversation.add({ role: 'user', text });
  }

  /** One reply. When the conversation does not fit, its newest turns are dropped and the rest is summarised. */
  async #ask(isForced: boolean): Promise<ClientReply> {
    const { profile, record } = this.#input;
    const tool = profile.forcedTool;
    const forced = isForced && tool !== undefined ? { tool } : undefined;
    let dropped = 0;
    for (;;) {
      try {
        return this.#begin(await this.#request('turn', this.#conversation.messages, forced));
      } catch (error) {
        if (!(error instanceof ModelError)) throw error;
        // not every model can be made to call a tool: ask it without force
        if (error.kind === 'bad-request' && forced !== undefined)
          return this.#begin(await this.#request('turn', this.#conversation.messages, undefined));
        if (error.kind !== 'context-overflow' || !this.#conversation.dropNewest()) throw error;
        dropped++;
        record({ type: 'compacted', turn: this.#turn, reason: 'overflow', droppedTurns: 1 });
        if (this.#conversation.length > 0) await this.#summarise().catch(ignoreOverflow);
        this.#notice(
          `The last ${dropped === 1 ? 'turn' : `${dropped} turns`} did not fit into your context and ${dropped === 1 ? 'was' : 'were'} dropped. Ask for less output.`,
        );
      }
    }
  }

  #begin(reply: ClientReply): ClientReply {
    const { parts } = reply.reply;
    const saysSomething = parts.some((part) => part.type !== 'reasoning');
    // providers refuse a conversation with an empty reply in it
    this.#conversation.beginTurn({
      role: 'assistant',
      parts: saysSomething ? parts : [...parts, { type: 'text', text: '(nothing said)' }],
    });
    return reply;
  }

  async #request(
    purpose: 'turn' | 'summary',
    messages: readonly Message[],
    toolChoice: ModelRequest['toolChoice'],
    withTools = true,
  ): Promise<ClientReply> {
    const { client, task, repeat, signal, record, profile } = this.#input;
    const turn = this.#turn;
    const reply = await client.generate(
      {
        messages,
        tools: withTools ? profile.tools.map((tool) => tool.definition) : [],
        ...(toolChoice === undefined ? {} : { toolChoice }),
        identity: { task: task.id, repeat, turn, purpose },
      },
      signal,
      (retry) => {
        this.#retries[retry.kind] = (this.#retries[retry.kind] ?? 0) + 1;
        record({ type: 'retry', turn, ...retry });
      },
      Math.max(1, this.#remainingMs),
    );
    if (purpose === 'turn') this.#replies++;
    this.#usage = addUsage(this.#usage, reply.reply.usage);
    if (reply.costUsd !== undefined) this.#costUsd = (this.#costUsd ?? 0) + reply.costUsd;
    this.#modelMs += reply.modelMs;
    const { costUsd, ...rest } = reply;
    record({ type: 'reply', turn, purpose, ...rest, ...(costUsd === undefined ? {} : { costUsd }) });
    return reply;
  }

  async #answerTools(parts: readonly ReplyPart[], isForced: boolean) {
    const { profile, session, limits, signal, record, nowMs } = this.#input;
    const calls = parts.filter((part) => part.type === 'tool-call');
    if (calls.length === 0) {
      if (!isForced) this.#notice(profile.goOn);
      return undefined;
    }
    const { results, end } = await callTools(calls, profile.tools, async (tool, input) => {
      const startedMs = nowMs();
      const outcome = await tool.execute(input, {
        session,
        limits,
        remainingMs: Math.max(1, this.#remainingMs),
        isForced,
        signal,
      });
      const elapsedMs = nowMs() - startedMs;
      this.#toolMs += elapsedMs;
      if (outcome.command) this.#commands++;
      return { ...outcome, elapsedMs };
    });
    for (const { result, elapsedMs, command } of results)
      record({
        type: 'tool-result',
        turn: this.#turn,
        result,
        elapsedMs,
        ...(command && {
          exitCode: command.exitCode,
          timedOut: command.timedOut,
          outOfMemory: command.outOfMemory,
          truncated: command.truncated,
        }),
      });
    this.#conversation.add({ role: 'tool', results: results.map(({ result }) => result) });
    return end;
  }

  async #summariseIfFull({ reply }: ClientReply): Promise<void> {
    const { contextTokens, limits } = this.#input;
    const used = reply.usage.input + reply.usage.output;
    if (used < limits.summariseAt * contextTokens || this.#turn + 1 >= limits.turns) return;
    await this.#summarise().catch(ignoreOverflow);
  }

  /** Replaces the turns by what the model says they came to. Without tools in the second try: some models call them anyway. */
  async #summarise(): Promise<void> {
    const messages = this.#conversation.messages;
    let reply = await this.#request('summary', [...messages, { role: 'user', text: summaryRequest }], 'none');
    let summary = textOf(reply.reply.parts);
    if (summary === '') {
      const text = `${conversationText(messages)}\n\n[user]\n${summaryRequest}`;
      reply = await this.#request('summary', [{ role: 'user', text }], undefined, false);
      summary = textOf(reply.reply.parts);
    }
    if (summary === '') return;
    const droppedTurns = this.#conversation.replaceBySummary(summary);
    this.#input.record({ type: 'compacted', turn: this.#turn, reason: 'summary', droppedTurns });
  }

  #end(exitReason: ExitReason, submission: string | undefined, detail?: string): AgentAnswer {
    const totals: SampleTotals = {
      turns: this.#replies,
      usage: this.#usage,
      ...(this.#costUsd === undefined ? {} : { costUsd: this.#costUsd }),
      modelMs: this.#modelMs,
      toolMs: this.#toolMs,
      commands: this.#commands,
      retries: this.#retries,
    };
    return { submission, exitReason, ...(detail === undefined ? {} : { detail }), totals };
  }
}

/** A summary that does not fit is given up: the next request overflows, too, and drops what is too much. */
function ignoreOverflow(error: unknown): void {
  if (!(error instanceof ModelError && error.kind === 'context-overflow')) throw error;
}

const summaryRequest = `The conversation is getting too long to keep. Write what you need to go on without it; call no tool. Headings:
1. What is asked, and the form of the answer
2. What I did, in order
3. Findings, each with the file and the exact names and times
4. Hypotheses: open, ruled out (and why)
5. What to do next`;
