import { readFileSync } from 'node:fs';
import type { MemoryModel } from '../../workload/memory-model.ts';
import { Ballast } from './ballast.ts';

const lookMs = 500;

/** Bytes the process itself occupies (anonymous memory: what the kernel's limit counts first). */
export function anonymousBytes(): number {
  try {
    const kib = /^RssAnon:\s+(\d+)/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1];
    if (kib !== undefined) return Number(kib) * 1024;
  } catch {
    // Not Linux.
  }
  return process.memoryUsage.rss();
}

/** The container's memory limit in bytes, if it has one. */
export function memoryLimitBytes(): number | undefined {
  for (const file of ['/sys/fs/cgroup/memory.max', '/sys/fs/cgroup/memory/memory.limit_in_bytes']) {
    try {
      const bytes = Number(readFileSync(file, 'utf8'));
      if (Number.isFinite(bytes)) return bytes < 2 ** 50 ? bytes : undefined;
    } catch {
      // The other version of control groups.
    }
  }
  return undefined;
}

/**
 * Makes a process as large as its description says: what is missing between what it occupies and what it should is
 * really allocated, so that a limit below the need ends in the kernel's own out-of-memory kill.
 */
export class ProcessMemory {
  readonly #model: MemoryModel;
  readonly #ballast = new Ballast();
  readonly #timer: NodeJS.Timeout;

  constructor(model: MemoryModel) {
    this.#model = model;
    this.#timer = setInterval(() => this.#adjust(), lookMs);
    this.#timer.unref();
  }

  hold(kib: number): void {
    this.#model.hold(kib);
  }
  release(kib: number): void {
    this.#model.release(kib);
  }
  leak(kib: number): void {
    this.#model.leak(kib);
  }

  heapBytes(): number {
    return this.#ballast.bytes + process.memoryUsage().heapUsed;
  }

  close(): void {
    clearInterval(this.#timer);
  }

  #adjust(): void {
    const ownBytes = anonymousBytes() - this.#ballast.bytes;
    this.#ballast.resize(this.#model.workingSetBytes(Date.now()) - ownBytes);
  }
}
