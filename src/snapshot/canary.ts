import { createHash } from 'node:crypto';
import { byCodeUnit } from '../base/order.ts';

/** The canary of a set of bundles: follows from theirs and occurs nowhere else. */
export function suiteCanaryOf(canaries: readonly string[]): string {
  const hex = createHash('sha256')
    .update(`suite-canary:${[...canaries].sort(byCodeUnit).join(',')}`)
    .digest('hex');
  const variant = '89ab'[Number.parseInt(hex[16] ?? '0', 16) & 3];
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-${variant}${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}

/** The text that lies in a packed archive beside its bundles. */
export function canaryText(canary: string): string {
  return `Benchmark data. It should never appear in training corpora: whoever finds this identifier in one has found
the benchmark there.

canary ${canary}
`;
}
