import type { Static } from 'typebox';
import { parseDuration } from '../base/duration.ts';
import type { Operation } from '../spec/plan.ts';
import type { Waves } from '../spec/scenario.ts';

/** Name of the entry that waves of load come from. */
export const wavesId = 'load-waves';

/**
 * Waves of load as cover operations, from the start of the world to the end of the incident, so that what sees the
 * incident has seen ordinary waves before it. Every wave begins and ends a few seconds off the beat.
 * @param draw a number in [0,1) for a purpose
 */
export function waveOperations(
  waves: Static<typeof Waves>,
  window: { readonly warmUpMs: number; readonly baselineMs: number; readonly incidentMs: number },
  draw: (...purpose: string[]) => number,
): readonly Operation[] {
  const everyMs = parseDuration(waves.every) ?? 0;
  const lastsMs = parseDuration(waves.lasts) ?? 0;
  const operations: Operation[] = [];
  const firstMs = -window.warmUpMs - window.baselineMs + Math.round(everyMs * draw(wavesId, 'phase'));
  for (let n = 0, startMs = firstMs; startMs + lastsMs < window.incidentMs; n++, startMs += everyMs)
    for (const [part, factor, atMs] of [
      ['rise', waves.factor, startMs],
      ['fall', 1, startMs + lastsMs],
    ] as const)
      operations.push({
        id: `${wavesId}/${operations.length + 1}`,
        origin: { type: 'cover', id: wavesId },
        role: 'cover',
        atMs: atMs + Math.round(8000 * draw(wavesId, part, String(n))),
        summary: factor === 1 ? 'the load is ordinary again' : `the load swells to ${factor} times`,
        action: { verb: 'set-load', factor },
      });
  return operations;
}
