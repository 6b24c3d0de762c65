import { key, unit } from '../../../base/random.ts';
import type { Labels, ScrapeTarget, TargetRegistry } from '../contracts.ts';
import type { Simulation, Timer } from '../simulation.ts';
import type { MetricPool } from './metric.ts';
import type { Series } from './series.ts';
import type { Database } from './tsdb.ts';

/** What `/api/v1/targets` tells of one target. */
export interface TargetState {
  readonly labels: Labels;
  readonly health: 'unknown' | 'up' | 'down';
  readonly lastScrapeMs: number | undefined;
  readonly lastDurationSeconds: number;
}

export interface ScrapeOptions {
  readonly simulation: Simulation;
  readonly database: Database;
  readonly seed: number;
  readonly intervalMs: number;
}

/** Prometheus learns of new and lost targets by a watch, but tells its scrapers every five seconds. */
const discoveryPeriodMs = 5_000;
/** A lost target might come back: its series end after two more turns and a bit. */
const turnsUntilEnd = 2.1;

/**
 * Scrapes every target once an interval, at an offset that depends on its identity, so that targets are spread over
 * the interval and a target keeps its place. A target is seen at the next discovery sync after it was added, and
 * scraped in vain until the next one after it was removed; its last samples count for two more turns, so that an alert
 * about a target that is down can fire for one that is gone (seen on kind).
 */
export class ScrapeManager implements TargetRegistry {
  readonly #options: ScrapeOptions;
  readonly #loops = new Set<ScrapeLoop>();
  #isRunning = false;

  constructor(options: ScrapeOptions) {
    this.#options = options;
  }

  add(target: ScrapeTarget): { remove(): void } {
    const loop = new ScrapeLoop(this.#options, target);
    this.#loops.add(loop);
    if (this.#isRunning) loop.start(discoveryPeriodMs);
    return {
      remove: () => {
        if (this.#isRunning) loop.retire(discoveryPeriodMs, () => this.#loops.delete(loop));
        else this.#loops.delete(loop);
      },
    };
  }

  /** Begins scraping; targets added before are scraped from their first turn on. */
  start(): void {
    if (this.#isRunning) return;
    this.#isRunning = true;
    for (const loop of this.#loops) loop.start(0);
  }

  /** Stops scraping without marking anything stale. */
  pause(): void {
    this.#isRunning = false;
    for (const loop of this.#loops) loop.pause();
  }

  states(): readonly TargetState[] {
    return [...this.#loops].map((loop) => loop.state());
  }
}

/** One series as a target exposes it. */
interface Exposed {
  readonly name: string;
  readonly labels: Labels;
  readonly series: Series;
  /** Ordinal of the last scrape that had it. */
  seen: number;
}

class ScrapeLoop {
  readonly #simulation: Simulation;
  readonly #database: Database;
  readonly #target: ScrapeTarget;
  readonly #intervalMs: number;
  readonly #offsetMs: number;
  readonly #key: number;
  readonly #report: Readonly<Record<'up' | 'duration' | 'samples' | 'kept' | 'added', Series>>;
  /** Exposed series by the identity of their labels object, then by name. */
  readonly #byLabels = new Map<Labels, Map<string, Exposed>>();
  /** The last scrape in order, and this one: the n-th series is nearly always the n-th of last time. */
  #previous: Exposed[] = [];
  #current: Exposed[] = [];
  #values: number[] = [];
  #ordinal = 0;
  #timer: Timer | undefined;
  #lastScrapeMs: number | undefined;
  #lastDuration = 0;
  #isUp: boolean | undefined;
  #isRetired = false;

  constructor(options: ScrapeOptions, target: ScrapeTarget) {
    this.#simulation = options.simulation;
    this.#database = options.database;
    this.#target = target;
    this.#intervalMs = options.intervalMs;
    this.#key = key(options.seed, 'scrape', target.labels.job ?? '', target.labels.instance ?? '');
    this.#offsetMs = Math.floor(unit(this.#key) * options.intervalMs);
    const { pool } = options.database;
    const report = (name: string) => options.database.seriesOf(pool.from(target.labels, name));
    this.#report = {
      up: report('up'),
      duration: report('scrape_duration_seconds'),
      samples: report('scrape_samples_scraped'),
      kept: report('scrape_samples_post_metric_relabeling'),
      added: report('scrape_series_added'),
    };
  }

  start(discoveryMs: number): void {
    const now = Math.ceil(this.#simulation.nowMs);
    const seen = discoveryMs === 0 ? now : Math.ceil((now + 1) / discoveryMs) * discoveryMs;
    const turn = Math.ceil((seen - this.#offsetMs) / this.#intervalMs) * this.#intervalMs + this.#offsetMs;
    this.#schedule(turn);
  }

  pause(): void {
    this.#timer?.cancel();
  }

  /** The target is gone: scraping ends at the next discovery sync, and its series when it has not come back by then. */
  retire(discoveryMs: number, ended: () => void): void {
    if (this.#isRetired) return;
    this.#isRetired = true;
    const now = Math.ceil(this.#simulation.nowMs);
    this.#simulation.at(Math.ceil((now + 1) / discoveryMs) * discoveryMs, () => {
      this.#timer?.cancel();
      ended();
      if (this.#lastScrapeMs === undefined) return;
      const nextTurnMs = this.#lastScrapeMs + this.#intervalMs;
      this.#simulation.at(this.#lastScrapeMs + turnsUntilEnd * this.#intervalMs, () => this.#end(nextTurnMs));
    });
  }

  /** Its series end at this time, unless another target has gone on with them. */
  #end(timeMs: number): void {
    for (const { series } of this.#previous) if (series.lastTime < timeMs) series.appendStale(timeMs);
    for (const series of Object.values(this.#report))
      if (series.lastTime < timeMs) series.appendStale(timeMs);
  }

  state(): TargetState {
    return {
      labels: this.#target.labels,
      health: this.#isUp === undefined ? 'unknown' : this.#isUp ? 'up' : 'down',
      lastScrapeMs: this.#lastScrapeMs,
      lastDurationSeconds: this.#lastDuration,
    };
  }

  #schedule(timeMs: number): void {
    this.#timer = this.#simulation.at(timeMs, () => {
      this.#scrape(timeMs);
      this.#schedule(timeMs + this.#intervalMs);
    });
  }

  #scrape(now: number): void {
    this.#ordinal++;
    this.#current.length = 0;
    this.#values.length = 0;
    const isUp = this.#target.scrape(this.#emit);
    let added = 0;
    if (isUp) {
      for (let i = 0; i < this.#current.length; i++) {
        const { series } = this.#current[i]!;
        if (series.length === 0) added++;
        series.append(now, this.#values[i]!);
      }
    } else {
      for (const exposed of this.#current) exposed.seen = 0;
      this.#current.length = 0;
    }
    for (const exposed of this.#previous) if (exposed.seen !== this.#ordinal) this.#gone(exposed, now);
    [this.#previous, this.#current] = [this.#current, this.#previous];
    const count = this.#previous.length;
    // what a scrape of this size takes, give or take; a refused connection is quicker than an answer
    this.#lastDuration = isUp
      ? (1.5 + count * 0.012) * 1e-3 * (0.8 + 0.6 * unit(key(this.#key, 'duration', this.#ordinal)))
      : 0.0009 * (0.8 + 0.6 * unit(key(this.#key, 'duration', this.#ordinal)));
    this.#lastScrapeMs = now;
    this.#isUp = isUp;
    this.#report.up.append(now, isUp ? 1 : 0);
    this.#report.duration.append(now, Math.round(this.#lastDuration * 1e9) / 1e9);
    this.#report.samples.append(now, count);
    this.#report.kept.append(now, count);
    this.#report.added.append(now, added);
  }

  #gone(exposed: Exposed, now: number): void {
    exposed.series.appendStale(now);
    const names = this.#byLabels.get(exposed.labels);
    names?.delete(exposed.name);
    if (names?.size === 0) this.#byLabels.delete(exposed.labels);
  }

  readonly #emit = (name: string, labels: Labels, value: number): void => {
    let exposed = this.#previous[this.#current.length];
    if (exposed === undefined || exposed.labels !== labels || exposed.name !== name)
      exposed = this.#lookUp(name, labels);
    // the same series twice in one answer: the first counts
    if (exposed.seen === this.#ordinal) return;
    exposed.seen = this.#ordinal;
    this.#current.push(exposed);
    this.#values.push(value);
  };

  #lookUp(name: string, labels: Labels): Exposed {
    let names = this.#byLabels.get(labels);
    if (names === undefined) {
      names = new Map();
      this.#byLabels.set(labels, names);
    }
    let exposed = names.get(name);
    if (exposed === undefined) {
      const merged = mergeLabels(labels, this.#target.labels, this.#target.honorLabels === true);
      exposed = {
        name,
        labels,
        series: this.#database.seriesOf(pooled(this.#database.pool, merged, name)),
        seen: 0,
      };
      names.set(name, exposed);
    }
    return exposed;
  }
}

function pooled(pool: MetricPool, labels: Labels, name: string) {
  return pool.from(labels, name);
}

/** The target's labels win; what they displace is kept as `exported_…`, unless the target's are to give way. */
function mergeLabels(exposed: Labels, target: Labels, honorLabels: boolean): Labels {
  if (honorLabels) return { ...target, ...exposed };
  const merged: Record<string, string> = { ...exposed };
  for (const [label, value] of Object.entries(target)) {
    const displaced = exposed[label];
    if (displaced !== undefined && displaced !== '') merged[`exported_${label}`] = displaced;
    merged[label] = value;
  }
  return merged;
}
