import { submissionLimits } from '../../scoring/parse-submission.ts';
import { answerFileFormat } from '../instruction.ts';
import { sandboxPaths } from '../sandbox/sandbox.ts';
import type { Profile, Tool } from './profile.ts';
import { runShell } from './run-shell.ts';

const shell: Tool = {
  definition: {
    name: 'run_shell',
    description: 'Executes a shell command and returns its exit code, standard output and standard error.',
    parameters: {
      type: 'object',
      properties: { cmd: { type: 'string', description: 'the command' } },
      required: ['cmd'],
      additionalProperties: false,
    },
  },
  isFinal: false,
  execute: async ({ cmd }, context) => {
    const result = await runShell(String(cmd), context);
    const text = result.timedOut
      ? `<error_kind>timeout</error_kind>\n<details>the command was killed after ${Math.round(result.durationMs / 1000)} s</details>\n<stdout>${result.stdout}</stdout>\n<stderr>${result.stderr}</stderr>`
      : `<shell_results>\n<exit_code>${result.exitCode}</exit_code>\n<stdout>${result.stdout}</stdout>\n<stderr>${result.stderr}</stderr>\n</shell_results>`;
    return { text, isError: result.timedOut, command: result };
  },
};

const finish: Tool = {
  definition: {
    name: 'finish',
    description: 'Ends the task. Name the files that hold the result.',
    parameters: {
      type: 'object',
      properties: {
        reason: { type: 'string', description: 'why the task is finished' },
        paths: { type: 'array', items: { type: 'string' }, description: 'files with the result' },
      },
      required: ['reason', 'paths'],
      additionalProperties: false,
    },
  },
  isFinal: true,
  execute: async ({ paths }, { session }) => {
    const missing: string[] = [];
    for (const path of Array.isArray(paths) ? paths.map(String) : [])
      if ((await session.readFile(absolute(path), 1)) === undefined) missing.push(path);
    if (missing.length > 0)
      return {
        text: `These files do not exist: ${missing.join(', ')}. Write them, then finish again.`,
        isError: true,
      };
    const bytes = await session.readFile(sandboxPaths.answer, submissionLimits.bytes + 1);
    return {
      text: 'Finished.',
      isError: false,
      end: { submission: bytes === undefined ? undefined : new TextDecoder().decode(bytes) },
    };
  },
};

function absolute(path: string): string {
  return path.startsWith('/') ? path : `${sandboxPaths.work}/${path}`;
}

/** From how many remaining turns on each is announced. */
const warnFrom = 20;

/** What ITBench-AA does with Stirrup: a shell, a finish tool, the answer in a file, no forced answer. */
export const stirrupAa: Profile = {
  name: 'stirrup-aa',
  summary:
    'as ITBench-AA: shell and finish tools, the answer in agent_output.json, warnings, no forced answer',
  system: ({ turns }) =>
    `You are an AI agent with one task. Complete it with the tools you have, in at most ${turns} steps. You cannot talk to the user while you work. As your last step you must call the finish tool.`,
  prompt: (task, provides) =>
    `${task.instruction}\n${answerFileFormat}${provides === undefined ? '' : `The shell has ${provides}.\n`}When the file is complete, call the finish tool with its path.\n`,
  tools: [shell, finish],
  forcedTool: undefined,
  notice: (remaining, { turns }) =>
    remaining > warnFrom || remaining === turns
      ? undefined
      : remaining === 1
        ? 'This is the last turn. Finish the task by calling the finish tool.'
        : `${remaining} turns remain. Go on; calling the finish tool needs a turn of its own.`,
  goOn: 'Please continue the task.',
};
