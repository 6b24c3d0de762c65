import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CpuShare } from '../../../../src/cluster/embedded/processes/cpu-share.ts';
import { Deadlines, type Expiring } from '../../../../src/cluster/embedded/processes/deadlines.ts';
import { parseImage } from '../../../../src/cluster/embedded/processes/image-reference.ts';
import { Simulation } from '../../../../src/cluster/embedded/simulation.ts';
import { MemoryModel } from '../../../../src/workload/memory-model.ts';

describe('the CPU of a container', () => {
  const jobs = fc.array(
    fc.record({
      gapMs: fc.double({ min: 0, max: 60, noNaN: true }),
      workMs: fc.double({ min: 0.01, max: 80, noNaN: true }),
    }),
    { minLength: 1, maxLength: 60 },
  );

  it('finishes work in order, never early, and within its quota of every period', () => {
    fc.assert(
      fc.property(jobs, fc.integer({ min: 20, max: 1000 }), (list, limit) => {
        const cpu = new CpuShare(limit, 4);
        const start = 1_000_000;
        let now = start;
        let last = 0;
        let work = 0;
        for (const { gapMs, workMs } of list) {
          now += gapMs;
          const done = cpu.finish(now, workMs);
          expect(done).toBeGreaterThanOrEqual(Math.max(now + workMs, last) - 1e-3);
          last = done;
          work += workMs;
          // Of the periods touched, each gives its quota at most.
          const periods = Math.floor(last / 100) - Math.floor(start / 100) + 1;
          expect(work).toBeLessThanOrEqual((periods * limit) / 10 + 1e-3);
        }
        expect(cpu.secondsTotal(last + 1)).toBeCloseTo(work / 1000, 6);
      }),
    );
  });

  it('uses several cores when it may, and never counts work twice or backwards', () => {
    const cpu = new CpuShare(undefined, 4);
    expect([1, 2, 3, 4, 5].map(() => cpu.finish(1000, 10))).toEqual([1010, 1010, 1010, 1010, 1020]);
    expect(cpu.secondsTotal(1000)).toBeCloseTo(0, 9);
    expect(cpu.secondsTotal(1010)).toBeCloseTo(0.04, 9);
    expect(cpu.secondsTotal(1005)).toBeCloseTo(0.04, 9);
    expect(cpu.secondsTotal(1020)).toBeCloseTo(0.05, 9);
  });
});

it('deadlines fire at their time, in order, and not when they were removed', () => {
  const item = fc.record({
    atMs: fc.integer({ min: 0, max: 500 }),
    timeoutMs: fc.integer({ min: 1, max: 300 }),
    removedAfterMs: fc.option(fc.integer({ min: 0, max: 400 }), { nil: undefined }),
  });
  fc.assert(
    fc.property(fc.array(item, { maxLength: 40 }), (items) => {
      const simulation = new Simulation(0);
      const deadlines = new Deadlines(simulation);
      const fired: string[] = [];
      items.forEach(({ atMs, timeoutMs, removedAfterMs }, i) => {
        const entry: Expiring = {
          deadlineMs: 0,
          earlier: undefined,
          later: undefined,
          isListed: false,
          expire: () => void fired.push(`${simulation.nowMs} ${i}`),
        };
        simulation.at(atMs, () => deadlines.add(entry, atMs + timeoutMs));
        if (removedAfterMs !== undefined) simulation.at(atMs + removedAfterMs, () => deadlines.remove(entry));
      });
      simulation.runUntil(2000);
      const expected = items.flatMap(({ atMs, timeoutMs, removedAfterMs }, i) => {
        // Removed at the very moment: either is right.
        if (removedAfterMs === timeoutMs) return [];
        return removedAfterMs !== undefined && removedAfterMs < timeoutMs ? [] : [`${atMs + timeoutMs} ${i}`];
      });
      const undecided = new Set(items.flatMap((one, i) => (one.removedAfterMs === one.timeoutMs ? [i] : [])));
      const decided = fired.filter((text) => !undecided.has(Number(text.split(' ')[1])));
      expect([...decided].sort()).toEqual(expected.sort());
      const times = fired.map((text) => Number(text.split(' ')[0]));
      expect(times).toEqual([...times].sort((a, b) => a - b));
    }),
  );
});

it('images are named as containerd names them', () => {
  expect(
    ['redis', 'library/x:1', 'ghcr.io/a/b', 'localhost:5000/a:2', 'a/b@sha256:00'].map(
      (image) => parseImage(image).full,
    ),
  ).toEqual([
    'docker.io/library/redis:latest',
    'docker.io/library/x:1',
    'ghcr.io/a/b:latest',
    'localhost:5000/a:2',
    'docker.io/a/b:latest',
  ]);
});

it('garbage is collected before it would kill; what is held is not', () => {
  const memory = new MemoryModel({
    baseMiB: 50,
    cacheMiB: 20,
    cacheFillMs: 1000,
    garbageMiB: 40,
    startupMs: 100,
    startMs: 0,
    limitBytes: 100 * 1024 ** 2,
  });
  for (let i = 0; i < 1000; i++) {
    memory.hold(1024);
    memory.release(1024);
    expect(memory.isOverLimit(5000)).toBe(false);
    expect(memory.workingSetBytes(5000)).toBeLessThanOrEqual(100 * 1024 ** 2);
  }
  memory.hold(31 * 1024);
  expect(memory.isOverLimit(500)).toBe(false);
  expect(memory.isOverLimit(5000)).toBe(true);
});
