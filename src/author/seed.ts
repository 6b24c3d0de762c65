import { createHash, randomBytes } from 'node:crypto';
import { key, Random } from '../base/random.ts';

/** 128 random bits as 32 hex digits, for a scenario that gives no seed of its own. */
export function newSeed(): string {
  return randomBytes(16).toString('hex');
}

/**
 * Whether somebody could come upon a seed by trying: few different digits, or one stretch of digits over and over. The
 * ids and canaries of tasks follow from their seeds. Of random seeds fewer than one in a million look like that.
 */
export function isGuessable(seed: string): boolean {
  if (new Set(seed).size < 8) return true;
  const steps = [...seed].slice(1).map((digit, index) => {
    const before = Number.parseInt(seed[index] ?? '0', 16);
    return (Number.parseInt(digit, 16) - before + 16) % 16;
  });
  // 0123…, 2468…, abab…
  return new Set(steps).size < 6;
}

/** The 32-bit seed of a world from the scenario's 128-bit seed. */
export function worldSeed(seed: string): number {
  return createHash('sha256').update(`world:${seed}`).digest().readUInt32BE(0);
}

/**
 * When a world begins, by its seed: a date and a time of day with a fraction of a second, so that neither tells
 * one task from another. The embedded cluster's clock starts there.
 */
export function worldStartMs(seed: string): number {
  const random = new Random(key(worldSeed(seed), 'start'));
  const firstDay = Date.UTC(2026, 0, 5);
  const day = random.integer(0, 270);
  return firstDay + day * 86_400_000 + random.integer(0, 86_399_999) + random.integer(1, 999) / 1000;
}
