/** `net.ipv4.icmp_ratelimit` and the kernel's burst factor. */
const refillMs = 1000;
const burst = 6;

/**
 * How many refusals the kernel tells one address of: kube-proxy refuses by an ICMP error, and Linux sends no more than one
 * a second to a destination, six at once after a quiet time. Who is not told waits as if nobody were there.
 */
export class IcmpLimit {
  readonly #tokens = new Map<string, { left: number; atMs: number }>();

  /** Whether one more error may be sent to the address now; if so, it counts. */
  allows(ip: string, nowMs: number): boolean {
    const known = this.#tokens.get(ip);
    const left = known === undefined ? burst : Math.min(burst, known.left + (nowMs - known.atMs) / refillMs);
    const isAllowed = left >= 1;
    this.#tokens.set(ip, { left: isAllowed ? left - 1 : left, atMs: nowMs });
    return isAllowed;
  }
}
