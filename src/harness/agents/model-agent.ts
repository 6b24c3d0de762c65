import type { Clock } from '../../base/clock.ts';
import { whileOpen } from '../../base/while-open.ts';
import type { Agent } from '../agent.ts';
import type { LoopLimits } from '../loop/limits.ts';
import type { Profile } from '../loop/profile.ts';
import { runLoop } from '../loop/run-loop.ts';
import type { ModelClient } from '../models/model-client.ts';
import type { Sandbox } from '../sandbox/sandbox.ts';
import { taskForSession } from './task-for-session.ts';

export interface ModelAgentOptions {
  /** What its samples are filed under. */
  readonly name: string;
  readonly client: ModelClient;
  readonly profile: Profile;
  readonly limits: LoopLimits;
  readonly contextTokens: number;
  readonly sandbox: Sandbox;
  readonly clock: Clock;
}

/** A model in our loop, with a sandbox of its own for every sample. */
export function modelAgent(options: ModelAgentOptions): Agent {
  const { name, client, profile, limits, contextTokens, sandbox, clock } = options;
  return {
    name,
    summary: `${client.name} as ${profile.name}`,
    async solve(task, { repeat, signal, record }) {
      // disposed before anything is scored
      return await whileOpen(
        await sandbox.start({ publicDirectory: task.evidence.root }),
        async (session) => {
          return await runLoop({
            task: taskForSession(task, session),
            repeat,
            profile,
            limits,
            client,
            contextTokens,
            session,
            provides: sandbox.provides,
            record,
            signal,
            nowMs: () => clock.nowMs(),
          });
        },
      );
    },
  };
}
