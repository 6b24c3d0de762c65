import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import type { ToolCallPart, ToolResult } from '../models/model.ts';
import type { CommandResult } from '../sandbox/sandbox.ts';
import type { Tool, ToolOutcome } from './profile.ts';

/** The answer to one call of a reply. */
export interface CallResult {
  readonly result: ToolResult;
  readonly elapsedMs: number;
  readonly command?: CommandResult;
}

/**
 * Answers every tool call of a reply, one after the other: ordinary tools first, then the one that ends the sample.
 * Unknown tools, arguments that are not JSON or do not fit, and several endings at once are answered to the model.
 * The results stand in the order of the calls.
 */
export async function callTools(
  calls: readonly ToolCallPart[],
  tools: readonly Tool[],
  execute: (
    tool: Tool,
    input: Readonly<Record<string, unknown>>,
  ) => Promise<ToolOutcome & { readonly elapsedMs: number }>,
): Promise<{ readonly results: readonly CallResult[]; readonly end: ToolOutcome['end'] }> {
  const results: CallResult[] = [];
  let end: ToolOutcome['end'];
  const toolOf = (call: ToolCallPart) => tools.find(({ definition }) => definition.name === call.name);
  const isFinal = (call: ToolCallPart) => toolOf(call)?.isFinal === true;
  const refuse = (index: number, call: ToolCallPart, text: string) => {
    results[index] = { result: { callId: call.callId, name: call.name, text, isError: true }, elapsedMs: 0 };
  };
  const answer = async (index: number, call: ToolCallPart) => {
    const tool = toolOf(call);
    if (tool === undefined) {
      const known = tools.map(({ definition }) => definition.name).join(', ');
      return refuse(index, call, `There is no tool "${call.name}". Tools: ${known}.`);
    }
    const input = parseArguments(call.arguments, tool);
    if ('problem' in input) return refuse(index, call, `The arguments are not valid: ${input.problem}`);
    const { text, isError, elapsedMs, command, end: ended } = await execute(tool, input.value);
    results[index] = {
      result: { callId: call.callId, name: call.name, text, isError },
      elapsedMs,
      ...(command ? { command } : {}),
    };
    end = ended;
  };
  for (const [index, call] of calls.entries()) if (!isFinal(call)) await answer(index, call);
  const endings = calls.filter(isFinal);
  for (const [index, call] of calls.entries())
    if (isFinal(call)) {
      if (endings.length > 1) refuse(index, call, 'Call this tool once, alone.');
      else await answer(index, call);
    }
  return { results, end };
}

const ajv = new Ajv2020({ strict: false });
const validators = new WeakMap<Tool, ValidateFunction>();

function parseArguments(
  text: string,
  tool: Tool,
): { readonly value: Readonly<Record<string, unknown>> } | { readonly problem: string } {
  let value: unknown;
  try {
    value = JSON.parse(text.trim() === '' ? '{}' : text);
  } catch (error) {
    return { problem: `not JSON: ${(error as Error).message.slice(0, 120)}` };
  }
  let validate = validators.get(tool);
  if (validate === undefined) {
    validate = ajv.compile(tool.definition.parameters);
    validators.set(tool, validate);
  }
  // the schema says that it is an object
  if (validate(value)) return { value: value as Readonly<Record<string, unknown>> };
  const [error] = validate.errors ?? [];
  return { problem: `${error?.instancePath || 'they'} ${error?.message ?? 'do not fit the schema'}` };
}
