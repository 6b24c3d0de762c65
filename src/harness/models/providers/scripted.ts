import { resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { requireValid } from '../../../spec/diagnostics-error.ts';
import { loadFile } from '../../../spec/load-file.ts';
import { Script, type ScriptTurn } from '../../../spec/script.ts';
import { answerFile } from '../../answer.ts';
import {
  estimateTokens,
  type Model,
  type ModelRequest,
  noUsage,
  type ReplyPart,
  type ToolDefinition,
} from '../model.ts';
import type { ProviderContext } from './sdk-providers.ts';

/** A model that says what a file tells it to (`scripted/FILE`): for tests, demonstrations and the audit. */
export async function createScriptedModel(file: string, context: ProviderContext): Promise<Model> {
  const loaded = await loadFile<Script>(resolve(context.cwd, file), { kind: 'Script', schema: Script });
  return scriptedModel(`scripted/${file}`, requireValid(loaded).value);
}

/** The same over a script that is loaded already. */
export function scriptedModel(name: string, script: Pick<Script, 'turns' | 'tasks'>): Model {
  return {
    name,
    async generate(request, signal) {
      const { task, turn: number, purpose } = request.identity;
      const turns = script.tasks?.[task] ?? script.turns ?? [];
      const turn: ScriptTurn =
        purpose === 'summary'
          ? { text: 'So far I have followed my script.' }
          : (turns[number - 1] ?? { text: 'I have nothing more to say.' });
      if (turn.delayMs) await sleep(turn.delayMs, undefined, { signal });
      const parts = partsOf(turn, request);
      return {
        parts,
        finish: parts.some((part) => part.type === 'tool-call') ? 'tool-calls' : 'stop',
        usage: {
          ...noUsage,
          input: estimateTokens(JSON.stringify(request.messages)),
          output: estimateTokens(JSON.stringify(parts)),
          ...turn.usage,
        },
        warnings: [],
      };
    },
  };
}

function partsOf(turn: ScriptTurn, { tools, identity }: ModelRequest): ReplyPart[] {
  const parts: ReplyPart[] = [];
  const call = (name: string, input: unknown) =>
    parts.push({
      type: 'tool-call',
      callId: `call-${identity.turn}-${parts.length}`,
      name,
      arguments: typeof input === 'string' ? input : JSON.stringify(input),
    });
  const shell = (command: string) => {
    const tool = tools.find(({ name }) => name.includes('shell'));
    if (tool) call(tool.name, { [firstParameter(tool)]: command });
  };
  if (turn.reasoning !== undefined) parts.push({ type: 'reasoning', text: turn.reasoning });
  if (turn.text !== undefined) parts.push({ type: 'text', text: turn.text });
  if (turn.shell !== undefined) shell(turn.shell);
  for (const { name, arguments: input } of turn.calls ?? []) call(name, input);
  if (turn.answer !== undefined) {
    const factors = turn.answer.map((entry) => ({
      reasoning: '',
      ...(typeof entry === 'string' ? { name: entry } : entry),
    }));
    if (tools.some(({ name }) => name === 'submit')) call('submit', JSON.parse(answerFile(factors)));
    else {
      shell(`cat > agent_output.json <<'EOF-OF-ANSWER'\n${answerFile(factors)}EOF-OF-ANSWER`);
      call('finish', { reason: 'the answer is written', paths: ['agent_output.json'] });
    }
  }
  return parts;
}

function firstParameter(tool: ToolDefinition): string {
  return Object.keys(tool.parameters['properties'] ?? {})[0] ?? 'command';
}
