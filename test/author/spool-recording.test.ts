import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { spoolRecording } from '../../src/author/spool-recording.ts';
import { digestOfRecording } from '../../src/author/twin-digest.ts';
import { summarise } from '../../src/capture/summary.ts';
import { buildRecording } from '../helpers/recording.ts';

async function all<T>(values: AsyncIterable<T>): Promise<T[]> {
  const list: T[] = [];
  for await (const value of values) list.push(value);
  return list;
}

test('a spooled recording tells the same, as often as it is asked, without its cluster', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'spool-'));
  try {
    const original = buildRecording();
    const odd = {
      name: 'odd',
      series: [
        {
          metric: { a: '\u2028' },
          values: [[1, Number.NaN] as const, [2, Number.POSITIVE_INFINITY] as const],
        },
      ],
    };
    let asked = 0;
    const live = {
      ...original,
      async *metrics() {
        asked++;
        yield* original.metrics();
        yield odd;
      },
    };
    const spooled = await spoolRecording(live, directory);
    for (let time = 0; time < 2; time++) {
      expect(await all(spooled.spans())).toEqual(await all(original.spans()));
      expect(await digestOfRecording(spooled)).toBe(await digestOfRecording(original));
      expect(await summarise(spooled)).toEqual(await summarise(original));
      expect((await all(spooled.metrics())).at(-1)).toEqual(odd);
    }
    expect(asked).toBe(1);
  } finally {
    await rm(directory, { recursive: true });
  }
});
