import type { TaskView } from '../agent.ts';
import { type SandboxSession, sandboxPaths } from '../sandbox/sandbox.ts';

/** The task with its instruction naming the session's own places; the same task in an isolated sandbox. */
export function taskForSession(task: TaskView, session: SandboxSession): TaskView {
  const { paths } = session;
  return paths === undefined ? task : { ...task, instruction: inPlacesOf(task.instruction, session) };
}

/** A text about the usual places, for this session. */
export function inPlacesOf(text: string, { paths }: SandboxSession): string {
  if (paths === undefined) return text;
  return (['answer', 'work', 'data'] as const).reduce(
    // not in the middle of a name: cluster/Node/worker-7 stays
    (changed, place) =>
      changed.replaceAll(new RegExp(`(?<![\\w/])${sandboxPaths[place]}(?![\\w-])`, 'g'), () => paths[place]),
    text,
  );
}
