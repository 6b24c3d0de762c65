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

/**
 * What counts against the container's limit and cannot be taken back: its processes' own memory, and what the kernel
 * keeps for them (page tables, sockets); not cached files. `undefined` where control groups do not tell.
 */
function chargedBytes(): number | undefined {
  for (const [usage, stat] of [
    ['/sys/fs/cgroup/memory.current', '/sys/fs/cgroup/memory.stat'],
    ['/sys/fs/cgroup/memory/memory.usage_in_bytes', '/sys/fs/cgroup/memory/memory.stat'],
  ] as const) {
    try {
      return Number(readFileSync(usage, 'utf8')) - fileBytes(readFileSync(stat, 'utf8'));
    } catch {
      // The other version of control groups.
    }
  }
  return undefined;
}

/** Cached files, from the text of `memory.stat`. */
export function fileBytes(stat: string): number {
  return [...stat.matchAll(/^(?:in)?active_file (\d+)$/gm)].reduce(
    (sum, [, bytes]) => sum + Number(bytes),
    0,
  );
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
  readonly #isLimited: boolean;

  /** @param isLimited the process is in a container with a limit, and alone there */
  constructor(model: MemoryModel, isLimited = false) {
    this.#model = model;
    this.#isLimited = isLimited;
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
    // Under a limit all that counts against it has to be in the size that the description gives.
    const allBytes = (this.#isLimited ? chargedBytes() : undefined) ?? anonymousBytes();
    const ownBytes = allBytes - this.#ballast.bytes;
    this.#ballast.resize(this.#model.workingSetBytes(Date.now()) - ownBytes);
  }
}
