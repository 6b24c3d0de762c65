import type { CommandResult } from '../sandbox/sandbox.ts';
import type { ToolContext } from './profile.ts';

/** Runs a command within the limits of the sample. */
export function runShell(
  command: string,
  { session, limits, remainingMs, signal }: ToolContext,
  wantedMs = Number.POSITIVE_INFINITY,
): Promise<CommandResult> {
  return session.run(command, {
    timeoutMs: Math.max(1, Math.min(limits.commandMs, remainingMs, wantedMs)),
    outputLimit: limits.outputCharacters,
    signal,
  });
}
