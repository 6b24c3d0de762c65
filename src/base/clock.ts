/** Where time comes from. `nowMs` is epoch milliseconds, possibly with a fraction. */
export interface Clock {
  nowMs(): number;
}

export const systemClock: Clock = { nowMs: () => Date.now() };

/** RFC 3339 UTC with milliseconds: `2026-03-04T05:06:07.089Z`. */
export function rfc3339(ms: number): string {
  return new Date(Math.round(ms)).toISOString();
}

/** RFC 3339 UTC with whole seconds, as Kubernetes writes `metav1.Time`: `2026-03-04T05:06:07Z`. */
export function rfc3339Seconds(ms: number): string {
  return `${new Date(Math.floor(ms / 1000) * 1000).toISOString().slice(0, 19)}Z`;
}

/** RFC 3339 UTC with microseconds, as Kubernetes writes `metav1.MicroTime` (Lease renewTime, eventTime). */
export function rfc3339Micros(ms: number): string {
  const micros = Math.floor((ms - Math.floor(ms)) * 1000);
  return `${new Date(Math.floor(ms)).toISOString().slice(0, 23)}${String(micros).padStart(3, '0')}Z`;
}

/** RFC 3339 UTC with nanoseconds (resolution of a double: about a quarter of a microsecond), as container logs. */
export function rfc3339Nanos(ms: number): string {
  const whole = Math.floor(ms);
  const nanos = Math.floor((ms - whole) * 1e6);
  return `${new Date(whole).toISOString().slice(0, 23)}${String(nanos).padStart(6, '0')}Z`;
}
