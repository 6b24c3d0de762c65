import type { SandboxLimits } from '../sandbox.ts';

/** What the worker of a virtual shell is started with. */
export interface WorkerSettings {
  readonly publicDirectory: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly limits: Required<SandboxLimits>;
  /** Files written before, if this worker takes over from one that had to be stopped. */
  readonly files: readonly WrittenFile[];
}

export interface WrittenFile {
  readonly path: string;
  readonly content: Uint8Array;
}

export type Request =
  | {
      readonly kind: 'run';
      readonly command: string;
      readonly outputLimit: number | undefined;
      readonly timeoutMs: number;
    }
  | { readonly kind: 'read'; readonly path: string; readonly limit: number }
  | { readonly kind: 'write'; readonly path: string; readonly content: string }
  | { readonly kind: 'cancel' };

export type Reply =
  | { readonly kind: 'ready' }
  | {
      readonly kind: 'ran';
      readonly exitCode: number;
      readonly stdout: string;
      readonly stderr: string;
      readonly truncated: boolean;
      /** Every file the session has written. */
      readonly files: readonly WrittenFile[];
    }
  | { readonly kind: 'read'; readonly content: Uint8Array | undefined }
  | { readonly kind: 'written'; readonly files: readonly WrittenFile[] }
  | { readonly kind: 'failed'; readonly message: string };

/** Largest file that the shell reads reliably. */
export const fileSizeLimit = 32 * 1024 ** 2;
/** What a session may write in a virtual shell, unless it is told less: it is all kept in memory. */
export const virtualDiskBytes = 64 * 1024 ** 2;
