import { PrerequisiteError } from '../../base/errors.ts';
import type { SandboxTask } from './sandbox.ts';

/** PrerequisiteError if the task needs hosts that this sandbox could not let it reach. */
export function refuseNetwork(sandbox: string, task: SandboxTask): void {
  if (task.allowHosts && task.allowHosts.length > 0)
    throw new PrerequisiteError('no-network', `the sandbox ${sandbox} has no network at all`, {
      hint: `the task asks for ${task.allowHosts.join(', ')}; only --sandbox bubblewrap keeps an allow-list`,
    });
}
