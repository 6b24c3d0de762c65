import type { Clock } from '../../base/clock.ts';
import { whileOpen } from '../../base/while-open.ts';
import { submissionLimits } from '../../scoring/parse-submission.ts';
import type { Agent } from '../agent.ts';
import { answerFileFormat } from '../instruction.ts';
import type { LoopLimits } from '../loop/limits.ts';
import { type Sandbox, sandboxPaths } from '../sandbox/sandbox.ts';
import { inPlacesOf } from './task-for-session.ts';

export interface ExternalAgentOptions {
  readonly name: string;
  /** Run with bash in the work folder. */
  readonly command: string;
  /** Put into the work folder first: name and content. */
  readonly files: Readonly<Record<string, string>>;
  readonly allowHosts: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  readonly limits: LoopLimits;
  readonly sandbox: Sandbox;
  readonly clock: Clock;
}

/**
 * Any program as an agent: it finds the question in `instruction.md` of its folder, the data where the instruction says,
 * and writes the answer file. `TASK_INSTRUCTION`, `TASK_DATA` and `TASK_ANSWER` name the three.
 */
export function externalAgent(options: ExternalAgentOptions): Agent {
  const { name, command, files, allowHosts, limits, sandbox, clock } = options;
  return {
    name,
    summary: command,
    async solve(task, { signal, record }) {
      return await whileOpen(
        await sandbox.start({
          publicDirectory: task.evidence.root,
          environment: options.environment,
          ...(allowHosts.length === 0 ? {} : { allowHosts }),
        }),
        async (session) => {
          const paths = session.paths ?? sandboxPaths;
          const instruction = inPlacesOf(`${task.instruction}\n${answerFileFormat}`, session);
          record({ type: 'prompt', messages: [{ role: 'user', text: instruction }] });
          await session.writeFile(`${paths.work}/instruction.md`, instruction);
          for (const [file, content] of Object.entries(files))
            await session.writeFile(`${paths.work}/${file}`, content);
          const startedMs = clock.nowMs();
          const variables = `export TASK_INSTRUCTION=${paths.work}/instruction.md TASK_DATA=${paths.data} TASK_ANSWER=${paths.answer}\n`;
          const result = await session.run(variables + command, {
            timeoutMs: limits.timeMs,
            outputLimit: limits.outputCharacters,
            signal,
          });
          const elapsedMs = clock.nowMs() - startedMs;
          record({
            type: 'tool-result',
            turn: 1,
            result: {
              callId: 'external',
              name: 'external',
              text: `${result.stdout}${result.stderr === '' ? '' : `\n[stderr]\n${result.stderr}`}`,
              isError: result.exitCode !== 0,
            },
            elapsedMs,
            exitCode: result.exitCode,
            timedOut: result.timedOut,
            outOfMemory: result.outOfMemory,
            truncated: result.truncated,
          });
          const bytes = await session.readFile(paths.answer, submissionLimits.bytes + 1);
          const submission = bytes === undefined ? undefined : new TextDecoder().decode(bytes);
          if (result.timedOut) return { submission, exitReason: 'time-limit' };
          if (submission !== undefined) return { submission, exitReason: 'submitted' };
          return result.exitCode === 0
            ? { submission, exitReason: 'no-answer' }
            : { submission, exitReason: 'agent-error', detail: `the command ended with ${result.exitCode}` };
        },
      );
    },
  };
}
