import type { SandboxLimits } from './sandbox.ts';

/** What a session may use when nobody says otherwise. */
export const defaultLimits: Required<SandboxLimits> = {
  memoryBytes: 2 * 1024 ** 3,
  cpus: 2,
  processes: 256,
  diskBytes: 512 * 1024 ** 2,
};

export function resolveLimits(limits: SandboxLimits = {}): Required<SandboxLimits> {
  return { ...defaultLimits, ...limits };
}

/** Files and folders a session may make; a disk can also be filled with empty files. */
export const inodeLimit = 100_000;

/** Bytes a command may write to its output before it is stopped; what is kept is far less. */
export const outputQuota = 256 * 1024 ** 2;

/** Variables every session has. */
export const baseEnvironment: Readonly<Record<string, string>> = {
  PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
  HOME: '/work',
  LANG: 'C.UTF-8',
};
