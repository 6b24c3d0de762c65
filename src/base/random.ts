/**
 * Randomness keyed by identity. Nothing draws from a shared stream: a value depends only on the seed and on
 * what it is for, so that removing one part of a world (the twin) leaves every other draw as it was.
 */

/** 32-bit mix of two 32-bit integers (murmur3 finaliser); the building block of keyed randomness. */
export function mix(a: number, b: number): number {
  let h = (a ^ Math.imul(b, 0x9e3779b1)) | 0;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}

/** 32-bit FNV-1a over UTF-16 code units, finalised; stable across platforms. */
export function hash32(text: string): number {
  let h = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) {
    h ^= text.charCodeAt(i);
    h = Math.imul(h, 0x01000193);
  }
  return mix(h >>> 0, text.length);
}

/** Folds names and numbers into one key: `key(seed, 'pod', name, 3)`. */
export function key(seed: number, ...parts: (string | number)[]): number {
  let h = seed >>> 0;
  for (const part of parts) h = mix(h, typeof part === 'number' ? part >>> 0 : hash32(part));
  return h;
}

/** A uniform number in [0, 1) for one key; cheap enough for a hot path. */
export function unit(k: number): number {
  return mix(k, 0x2545f491) / 0x1_0000_0000;
}

/** A small generator (sfc32) for one purpose; create it with `new Random(key(seed, …))`. */
export class Random {
  #a: number;
  #b: number;
  #c: number;
  #d: number;
  constructor(k: number) {
    this.#a = mix(k, 1);
    this.#b = mix(k, 2);
    this.#c = mix(k, 3);
    this.#d = 1;
    for (let i = 0; i < 8; i++) this.uint32();
  }
  uint32(): number {
    const t = (((this.#a + this.#b) | 0) + this.#d) | 0;
    this.#d = (this.#d + 1) | 0;
    this.#a = this.#b ^ (this.#b >>> 9);
    this.#b = (this.#c + (this.#c << 3)) | 0;
    this.#c = (this.#c << 21) | (this.#c >>> 11);
    this.#c = (this.#c + t) | 0;
    return t >>> 0;
  }
  /** Uniform in [0, 1). */
  next(): number {
    return this.uint32() / 0x1_0000_0000;
  }
  /** Uniform in [low, high). */
  between(low: number, high: number): number {
    return low + (high - low) * this.next();
  }
  /** Uniform integer in [low, high]. */
  integer(low: number, high: number): number {
    return low + Math.floor(this.next() * (high - low + 1));
  }
  pick<T>(items: readonly T[]): T {
    if (items.length === 0) throw new RangeError('pick from an empty list');
    return items[Math.floor(this.next() * items.length)] as T;
  }
  /** Exponential with the given mean. */
  exponential(mean: number): number {
    return -mean * Math.log(1 - this.next());
  }
  /** Approximately normal: the sum of four uniforms, rescaled. No cos/pow, so it is the same on every engine. */
  normal(mean: number, deviation: number): number {
    const sum = this.next() + this.next() + this.next() + this.next() - 2;
    return mean + deviation * sum * 1.7320508075688772;
  }
  /** Text of `length` characters of the alphabet Kubernetes uses for generated names. */
  suffix(length: number): string {
    const alphabet = 'bcdfghjklmnpqrstvwxz2456789';
    let out = '';
    for (let i = 0; i < length; i++) out += alphabet[this.integer(0, alphabet.length - 1)];
    return out;
  }
  hex(length: number): string {
    let out = '';
    while (out.length < length) out += this.uint32().toString(16).padStart(8, '0');
    return out.slice(0, length);
  }
  uuid(): string {
    const h = this.hex(32);
    const variant = '89ab'[this.integer(0, 3)];
    return `${h.slice(0, 8)}-${h.slice(8, 12)}-4${h.slice(13, 16)}-${variant}${h.slice(17, 20)}-${h.slice(20)}`;
  }
}
