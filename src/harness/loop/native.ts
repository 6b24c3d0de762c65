import { Value } from 'typebox/value';
import { parseSubmission } from '../../scoring/parse-submission.ts';
import { Submission } from '../../spec/bundle.ts';
import type { CommandResult } from '../sandbox/sandbox.ts';
import type { Profile, Tool } from './profile.ts';
import { runShell } from './run-shell.ts';

const shell: Tool = {
  definition: {
    name: 'shell',
    description:
      'Runs a command with bash in a working folder of its own. Files stay between calls; variables and the current folder do not. Long output loses its middle.',
    parameters: {
      type: 'object',
      properties: {
        command: { type: 'string', description: 'bash source, may have several lines' },
        timeout_seconds: {
          type: 'number',
          exclusiveMinimum: 0,
          description: 'shorter than the limit, if wanted',
        },
      },
      required: ['command'],
      additionalProperties: false,
    },
  },
  isFinal: false,
  execute: async ({ command, timeout_seconds: seconds }, context) => {
    const wanted = typeof seconds === 'number' ? seconds * 1000 : Number.POSITIVE_INFINITY;
    const result = await runShell(String(command), context, wanted);
    return { text: nativeOutput(result), isError: false, command: result };
  },
};

function nativeOutput(result: CommandResult): string {
  const parts = [result.stdout.trimEnd()];
  if (result.stderr.trim() !== '') parts.push(`[stderr]\n${result.stderr.trimEnd()}`);
  if (result.timedOut) parts.push(`[killed after ${Math.round(result.durationMs / 1000)} s: too slow]`);
  else if (result.outOfMemory) parts.push('[killed: out of memory]');
  else if (result.exitCode !== 0) parts.push(`[exit code ${result.exitCode}]`);
  return parts.filter((part) => part !== '').join('\n') || '[no output]';
}

const entityName = /^[^/\s]+\/[^/\s]+\/[^/\s]+$/;

const submit: Tool = {
  definition: {
    name: 'submit',
    description: 'Gives the answer and ends the task. An empty list says that nothing is at fault.',
    parameters: {
      type: 'object',
      properties: {
        contributing_factors: {
          type: 'array',
          items: {
            type: 'object',
            properties: {
              name: { type: 'string', description: 'namespace/Kind/name or cluster/Kind/name' },
              reasoning: { type: 'string', description: 'why it is a cause and not a symptom' },
              evidence: { type: 'string', description: 'which file shows it, and what' },
            },
            required: ['name', 'reasoning', 'evidence'],
          },
        },
      },
      required: ['contributing_factors'],
    },
  },
  isFinal: true,
  execute: async (input, { isForced }) => {
    const submission = `${JSON.stringify(input, undefined, 2)}\n`;
    const parsed = parseSubmission(submission);
    if (!parsed.ok || !Value.Check(Submission, input))
      return {
        text: `Not accepted: ${parsed.ok ? 'not the format of an answer' : parsed.problem}`,
        isError: true,
      };
    const odd = parsed.submission.factors.find(({ name }) => !entityName.test(name));
    if (odd !== undefined && !isForced)
      return {
        text: `Not accepted: ${JSON.stringify(odd.name)} is not of the form namespace/Kind/name`,
        isError: true,
      };
    return { text: 'Accepted.', isError: false, end: { submission } };
  },
};

/** The default: a shell, an answer as arguments that are checked, and a last answer when a limit is reached. */
export const native: Profile = {
  name: 'native',
  summary: 'shell and submit tools, checked answers, a forced last answer at a limit',
  system: ({ turns }) =>
    `You investigate incidents from recorded data. You work alone, with the tools you are given; nobody answers questions. You have ${turns} turns; each of your replies is one. End by calling submit.`,
  prompt: (task, provides) =>
    `${task.instruction}\n${provides === undefined ? '' : `The shell has ${provides}.\n`}Answer by calling submit.\n`,
  tools: [shell, submit],
  forcedTool: 'submit',
  notice: (remaining, { turns }) =>
    remaining === 1
      ? 'This is your last turn: call submit now with what you know.'
      : turns > 10 && (remaining === 10 || remaining === 3)
        ? `${remaining} turns remain, the one that submits included.`
        : undefined,
  goOn: 'Go on with the investigation by calling a tool, or call submit with your answer.',
};
