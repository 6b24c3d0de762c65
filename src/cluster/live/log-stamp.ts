/** A line of a container's log as the API server sends it with `timestamps=true`. */
export interface StampedLine {
  /** RFC 3339 with up to nanoseconds, as it was sent. */
  readonly stamp: string;
  readonly text: string;
}

/** Splits `2026-03-04T05:06:07.089012345Z some text`; `undefined` if no stamp stands there. */
export function splitStamp(line: string): StampedLine | undefined {
  const space = line.indexOf(' ');
  const stamp = space < 0 ? line : line.slice(0, space);
  if (!/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)$/.test(stamp)) return undefined;
  return { stamp, text: space < 0 ? '' : line.slice(space + 1) };
}

/** Epoch ms of a stamp, with what a double keeps of its nanoseconds. */
export function stampMs(stamp: string): number {
  const fraction = /\.(\d+)/.exec(stamp)?.[1] ?? '';
  const whole = Date.parse(fraction === '' ? stamp : stamp.replace(`.${fraction}`, ''));
  return whole + Number(`0.${fraction || '0'}`) * 1000;
}
