const unitMs: Record<string, number> = {
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 604_800_000,
  y: 31_536_000_000,
};

/** Pattern of a duration such as `90s`, `1m30s`, `2h`, `250ms` (Prometheus' and Go's common subset). */
export const durationPattern = '^(?:\\d+(?:\\.\\d+)?(?:ms|s|m|h|d|w|y))+$';

/** Milliseconds of a duration text; `undefined` if it is not one. */
export function parseDuration(text: string): number | undefined {
  if (!new RegExp(durationPattern).test(text)) return undefined;
  let total = 0;
  for (const [, amount, unit] of text.matchAll(/(\d+(?:\.\d+)?)(ms|s|m|h|d|w|y)/g))
    total += Number(amount) * unitMs[unit!]!;
  return total;
}

/** Short text of a duration: `1m30s`, `250ms`, `2h`. */
export function formatDuration(ms: number): string {
  if (ms === 0) return '0s';
  let rest = Math.round(ms);
  let out = '';
  for (const unit of ['h', 'm', 's', 'ms']) {
    const size = unitMs[unit]!;
    const amount = Math.floor(rest / size);
    if (amount > 0) out += `${amount}${unit}`;
    rest -= amount * size;
  }
  return out;
}
