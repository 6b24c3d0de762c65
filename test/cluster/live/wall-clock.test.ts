import { expect, it } from 'vitest';
import { wallClock } from '../../../src/cluster/live/wall-clock.ts';

it('lets at least the time pass that it is asked for, by its own clock', async () => {
  const clock = wallClock();
  const passed = await Promise.all(
    Array.from({ length: 2000 }, async (_, i) => {
      await new Promise((resolve) => setTimeout(resolve, (i % 50) + Math.random()));
      const before = clock.nowMs();
      await clock.advance(20);
      return clock.nowMs() - before;
    }),
  );
  expect(Math.min(...passed)).toBeGreaterThanOrEqual(20);
});
