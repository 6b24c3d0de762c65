import { createHash } from 'node:crypto';

const crockford = '0123456789abcdefghjkmnpqrstvwxyz';

/** The opaque id of a task: ten characters (50 bits) that follow from the seed and tell nothing. */
export function taskId(seed: string): string {
  const digest = keyed('task', seed);
  let bits = 0n;
  for (let i = 0; i < 7; i++) bits = (bits << 8n) | BigInt(digest[i] ?? 0);
  bits >>= 6n;
  let text = '';
  for (let i = 0; i < 10; i++) {
    text = (crockford[Number(bits & 31n)] ?? '0') + text;
    bits >>= 5n;
  }
  return text;
}

/** A GUID that occurs nowhere else: whoever finds it in a training set has found the bundle there. */
export function canaryOf(seed: string): string {
  const hex = keyed('canary', seed).toString('hex');
  const variant = '89ab'[Number.parseInt(hex[16] ?? '0', 16) & 3];
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-${variant}${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}

/** The salt of the commitment to the private part; without the seed nobody can guess it. */
export function saltOf(seed: string): string {
  return keyed('salt', seed).toString('hex');
}

function keyed(purpose: string, seed: string): Buffer {
  return createHash('sha256').update(`bundle:${purpose}:${seed}`).digest();
}
