import { heuristic, type Suspect } from './heuristic.ts';
import { callAnomalies } from './signals/call-anomalies.ts';
import { coursesOf, type Stretch } from './signals/course.ts';
import { entitiesOf } from './signals/entities.ts';

/** Stretches on either side of a cut that are compared. */
const width = 3;
/** Requests a stretch needs to say anything. */
const least = 4;
/** Jitter that counts as quiet: of a share of failures, of a logarithm (base 10) of seconds. */
const quiet = { failures: 0.03, slowness: 0.1 } as const;
/** How often the jitter before a cut a jump has to be. */
const clear = 3;
/** By which factor a jump counts less for every stretch it comes later than the first. */
const later = 0.5;
/** By which factor it counts less for every callee that jumped before it or with it: that explains it. */
const explained = 0.5;

interface Jump {
  /** Number of the stretch. */
  readonly at: number;
  /** In units of jitter. */
  readonly height: number;
}

/**
 * Change-point detection on the error ratio and the latency of every workload: consecutive stretches are compared, and
 * blamed is who jumped first and most abruptly and has no callee to blame it on. What swells slowly has no jump.
 */
export const changePoint = heuristic({
  name: 'change-point',
  summary: 'names the workload whose error ratio or latency jumped first and most abruptly',
  level: 'simple',
  evidence: 'metrics/http_server_request_duration_seconds_count.tsv',
  async suspects(evidence) {
    const { outside } = await entitiesOf(evidence);
    const { answered, called } = await coursesOf(evidence);
    const { callees } = await callAnomalies(evidence);
    const jumps = new Map<string, Jump>();
    for (const [entity, course] of [...answered, ...called]) {
      const known = jumps.get(entity);
      const jump = outside.has(entity) ? undefined : jumpOf(course);
      if (jump && (!known || urgency(jump, 0) > urgency(known, 0))) jumps.set(entity, jump);
    }
    const first = Math.min(...[...jumps.values()].map(({ at }) => at));
    return [...jumps].map(([entity, jump]): Suspect => {
      const blamed = [...(callees.get(entity)?.keys() ?? [])].filter(
        (callee) => callee !== entity && (jumps.get(callee)?.at ?? Number.POSITIVE_INFINITY) <= jump.at + 1,
      );
      return {
        entity,
        weight: urgency(jump, first) * explained ** blamed.length,
        why: `jumped by ${jump.height.toFixed(1)} times its jitter in stretch ${jump.at + 1} of the window`,
      };
    });
  },
});

function urgency({ at, height }: Jump, first: number): number {
  return height * later ** (at - first);
}

function jumpOf(course: readonly Stretch[]): Jump | undefined {
  const curves = {
    failures: ({ failed, requests }: Stretch) => failed / requests,
    slowness: ({ seconds, requests }: Stretch) => Math.log10(Math.max(1e-4, seconds / requests)),
  };
  const jumps = (['failures', 'slowness'] as const).flatMap(
    (name) =>
      firstJump(
        course.map((stretch) => (stretch.requests < least ? undefined : curves[name](stretch))),
        quiet[name],
      ) ?? [],
  );
  return jumps.sort((a, b) => urgency(b, 0) - urgency(a, 0))[0];
}

/** The first cut at which a curve rises clearly and stays risen, moved to where it rises most. */
function firstJump(values: readonly (number | undefined)[], jitter: number): Jump | undefined {
  let found: Jump | undefined;
  const end = mean(known(values.slice(-2 * width)));
  for (let at = 2 * width; at <= values.length - width; at++) {
    const [before, after] = [known(values.slice(0, at)), known(values.slice(at, at + width))];
    const last = known(values.slice(at - width, at));
    if (before.length < width || after.length === 0 || last.length === 0) continue;
    const unit = Math.max(jitter, deviation(before));
    const height = (mean(after) - mean(last)) / unit;
    const stays = (end - mean(before)) / unit >= clear / 2;
    if (found === undefined ? height >= clear && stays : height > found.height) found = { at, height };
    else if (found !== undefined) break;
  }
  return found;
}

function known(values: readonly (number | undefined)[]): readonly number[] {
  return values.filter((value) => value !== undefined);
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

function deviation(values: readonly number[]): number {
  const middle = mean(values);
  return Math.sqrt(mean(values.map((value) => (value - middle) ** 2)));
}
