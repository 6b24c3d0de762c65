/** Chance that at least one of k samples passes, from n samples of which c passed: 1 − C(n−c, k) / C(n, k). k ≤ n. */
export function passAtK(n: number, c: number, k: number): number {
  return 1 - allOf(n, n - c, k);
}

/** Chance that all of k samples pass, from n samples of which c passed: C(c, k) / C(n, k). k ≤ n. */
export function passHatK(n: number, c: number, k: number): number {
  return allOf(n, c, k);
}

/** C(c, k) / C(n, k) without large numbers. */
function allOf(n: number, c: number, k: number): number {
  if (k > n) throw new RangeError(`k = ${k} of ${n} samples`);
  let share = 1;
  for (let drawn = 0; drawn < k; drawn++) share *= Math.max(0, c - drawn) / (n - drawn);
  return share;
}
