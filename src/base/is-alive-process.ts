/** Whether a process of this number runs on this machine, also somebody else's; the number may have been given anew. */
export function isAliveProcess(pid: number): boolean {
  if (!(pid > 0)) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // EPERM: it lives and belongs to somebody else
    return (error as NodeJS.ErrnoException).code !== 'ESRCH';
  }
}
