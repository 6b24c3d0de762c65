import { createHash, randomBytes } from 'node:crypto';
import { key, Random } from '../base/random.ts';

/** 128 random bits as 32 hex digits, for a scenario that gives no seed of its own. */
export function newSeed(): string {
  return randomBytes(16).toString('hex');
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
