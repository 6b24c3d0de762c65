import type { ReleasedProgram } from './release.ts';

export interface MemoryOptions {
  readonly baseMiB: number;
  readonly cacheMiB: number;
  readonly cacheFillMs: number;
  readonly garbageMiB: number;
  /** From the start until the base is in use. */
  readonly startupMs: number;
  readonly startMs: number;
  readonly limitBytes: number | undefined;
}

/**
 * Memory of one process: a base that fills during start-up, what requests hold, an in-process cache, leaks, and
 * garbage that piles up until it is collected, earlier when the limit is near. Garbage never kills, the rest does.
 */
export class MemoryModel {
  readonly #options: MemoryOptions;
  readonly #baseKiB: number;
  readonly #garbageMaxKiB: number;
  readonly #limitKiB: number;
  #heldKiB = 0;
  #leakedKiB = 0;
  #garbageKiB = 0;
  constructor(options: MemoryOptions) {
    this.#options = options;
    this.#baseKiB = options.baseMiB * 1024;
    this.#garbageMaxKiB = options.garbageMiB * 1024;
    this.#limitKiB = options.limitBytes === undefined ? Number.POSITIVE_INFINITY : options.limitBytes / 1024;
  }
  hold(kib: number): void {
    this.#heldKiB += kib;
  }
  release(kib: number): void {
    this.#heldKiB -= kib;
    this.#garbageKiB += kib;
    if (this.#garbageKiB > this.#garbageMaxKiB) this.#garbageKiB = this.#garbageMaxKiB * 0.1;
  }
  leak(kib: number): void {
    this.#leakedKiB += kib;
  }
  #liveKiB(nowMs: number): number {
    const ageMs = nowMs - this.#options.startMs;
    const base = this.#baseKiB * Math.min(1, 0.3 + (0.7 * ageMs) / Math.max(1, this.#options.startupMs));
    const cache =
      this.#options.cacheMiB *
      1024 *
      Math.min(1, Math.max(0, ageMs - this.#options.startupMs) / Math.max(1, this.#options.cacheFillMs));
    return base + cache + this.#heldKiB + this.#leakedKiB;
  }
  /** What cannot be collected no longer fits: the kernel kills. */
  isOverLimit(nowMs: number): boolean {
    return this.#limitKiB !== Number.POSITIVE_INFINITY && this.#liveKiB(nowMs) > this.#limitKiB;
  }
  workingSetBytes(nowMs: number): number {
    const live = this.#liveKiB(nowMs);
    return Math.round(Math.min(live + this.#garbageKiB, Math.max(live, this.#limitKiB * 0.98))) * 1024;
  }
  heapBytes(nowMs: number): number {
    return Math.max(0, this.workingSetBytes(nowMs) - Math.round(this.#baseKiB * 0.4) * 1024);
  }
}

/** Memory of a program as its description says. */
export function memoryOf(
  program: ReleasedProgram,
  settings: { number(value: number | string | undefined, fallback: number): number },
  startMs: number,
  limitBytes: number | undefined,
): MemoryModel {
  const baseMiB = program.memory?.baseMiB ?? 48;
  return new MemoryModel({
    baseMiB,
    cacheMiB: settings.number(program.memory?.cacheMiB, 0),
    cacheFillMs: program.memory?.cacheFillMs ?? 120_000,
    garbageMiB: program.memory?.garbageMiB ?? baseMiB * 0.15,
    startupMs: program.startupMs ?? 1500,
    startMs,
    limitBytes,
  });
}
