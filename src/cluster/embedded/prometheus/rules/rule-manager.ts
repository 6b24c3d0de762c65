import { key, unit } from '../../../../base/random.ts';
import type { Simulation, Timer } from '../../simulation.ts';
import type { Engine } from '../engine.ts';
import type { Series } from '../series.ts';
import { type AlertInstance, AlertingRule } from './alerting-rule.ts';
import { RecordingRule } from './recording-rule.ts';
import type { RuleGroup } from './rule-file.ts';

export interface RuleManagerOptions {
  readonly simulation: Simulation;
  readonly engine: Engine;
  readonly seed: number;
  readonly evaluationIntervalMs: number;
  readonly groups: readonly RuleGroup[];
}

/** What both kinds of rules can do. */
export interface EvaluatedRule {
  /** Evaluates at a time; answers the series it wrote. Throws PromqlError. */
  evaluate(timeMs: number): Set<Series>;
}

/** One rule with how it fared last. */
export interface RuleState {
  readonly rule: AlertingRule | RecordingRule;
  health: 'unknown' | 'ok' | 'err';
  lastError: string | undefined;
  lastEvaluationMs: number | undefined;
  written: Set<Series>;
}

export interface GroupState {
  readonly group: RuleGroup;
  readonly intervalMs: number;
  readonly rules: readonly RuleState[];
  lastEvaluationMs: number | undefined;
}

/** Evaluates rule groups in virtual time, each at its own offset within the interval; rules of a group in order. */
export class RuleManager {
  readonly groups: readonly GroupState[];
  readonly #options: RuleManagerOptions;
  readonly #timers: Timer[] = [];

  constructor(options: RuleManagerOptions) {
    this.#options = options;
    this.groups = options.groups.map((group) => ({
      group,
      intervalMs: group.intervalMs ?? options.evaluationIntervalMs,
      lastEvaluationMs: undefined,
      rules: group.rules.map((rule) => ({
        rule:
          rule.kind === 'alert'
            ? new AlertingRule(options.engine, rule, group.limit)
            : new RecordingRule(options.engine, rule, group.limit),
        health: 'unknown',
        lastError: undefined,
        lastEvaluationMs: undefined,
        written: new Set<Series>(),
      })),
    }));
  }

  start(): void {
    const { simulation, seed } = this.#options;
    this.groups.forEach((group, i) => {
      const { intervalMs } = group;
      const offset = Math.floor(unit(key(seed, 'rule-group', group.group.name)) * intervalMs);
      const turn = Math.ceil((Math.ceil(simulation.nowMs) - offset) / intervalMs) * intervalMs + offset;
      const tick = (timeMs: number) => {
        this.#timers[i] = simulation.at(timeMs, () => {
          this.evaluateGroup(group, timeMs);
          tick(timeMs + intervalMs);
        });
      };
      tick(turn);
    });
  }

  pause(): void {
    for (const timer of this.#timers) timer.cancel();
  }

  /** Evaluates one group at a time of its own choosing; `start` does it for all. */
  evaluateGroup(group: GroupState, timeMs: number): void {
    group.lastEvaluationMs = timeMs;
    for (const state of group.rules) {
      state.lastEvaluationMs = timeMs;
      try {
        const written = state.rule.evaluate(timeMs);
        for (const series of state.written) if (!written.has(series)) series.appendStale(timeMs);
        state.written = written;
        state.health = 'ok';
        state.lastError = undefined;
      } catch (error) {
        // a rule that fails keeps its series until they age out, and the rest of the group goes on
        state.health = 'err';
        state.lastError = error instanceof Error ? error.message : String(error);
      }
    }
  }

  /** All pending and firing alerts, in the order of the rules. */
  alerts(): readonly AlertInstance[] {
    return this.groups.flatMap((group) =>
      group.rules.flatMap(({ rule }) => (rule instanceof AlertingRule ? rule.active() : [])),
    );
  }
}
