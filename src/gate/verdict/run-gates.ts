import { readPrivate } from '../../snapshot/private/truth.ts';
import { measureDifficulty, type TaskDifficulty } from '../floor/difficulty.ts';
import type { GateResult } from '../scorer-self-test/self-test.ts';
import { buildGates, lintGate, reproducibleGateName } from './gates.ts';
import { rebuildTasks } from './rebuild.ts';

/** A task after everything that needs no model. */
export interface GatedTask {
  readonly floor: TaskDifficulty & { readonly bundle: string; readonly scenario: string | undefined };
  readonly gates: readonly GateResult[];
}

export interface GateOptions {
  /** How often solvers that decide by chance are asked. */
  readonly repeats: number;
  readonly signal: AbortSignal;
  readonly identities: readonly string[];
  readonly onTask?: (done: number, all: number, bundle: string) => void;
  /** Builds every task again instead of believing the proof that its build left. */
  readonly rebuild?: {
    /** Files of scenarios the tasks may be made from. */
    readonly scenarios: readonly string[];
    readonly jobs: number;
    readonly onProgress?: (finished: number, all: number, doing: string) => void;
  };
}

/**
 * All gates of tasks in the order in which they are worth looking at: what the bundle is, what its build proved, the
 * lints (over all tasks together, for what only one of them has), the self-tests of the scorer, the heuristic floor.
 */
export async function runGates(
  bundles: readonly string[],
  options: GateOptions,
): Promise<readonly GatedTask[]> {
  const stop = new AbortController();
  const own = { ...options, signal: AbortSignal.any([options.signal, stop.signal]) };
  // at once: while one waits for files the other one works
  const [lints, tasks] = await Promise.all([lintGate(bundles, own), gateEach(bundles, own)]).catch(
    (error: unknown) => {
      stop.abort(error);
      throw error;
    },
  );
  const rebuilt = options.rebuild && (await rebuildTasks(bundles, { ...options, ...options.rebuild }));
  return tasks.map(({ floor, proved }) => {
    const lint = lints.get(floor.bundle);
    const again = rebuilt?.get(floor.bundle);
    // what was tried replaces what was read
    const gates = proved.map((gate) => (gate.gate === reproducibleGateName ? both(gate, again) : gate));
    return { floor, gates: [...gates, ...(lint ? [lint] : []), ...floor.gates] };
  });
}

/** The stored proof and the build that was made now, as one gate under the stronger name. */
function both(proved: GateResult, again: GateResult | undefined): GateResult {
  if (again === undefined) return proved;
  return {
    gate: again.gate,
    ok: proved.ok && again.ok,
    tried: proved.tried + again.tried,
    problems: [...proved.problems, ...again.problems],
  };
}

async function gateEach(bundles: readonly string[], options: GateOptions) {
  const tasks: { readonly floor: GatedTask['floor']; readonly proved: readonly GateResult[] }[] = [];
  for (const [index, bundle] of bundles.entries()) {
    options.onTask?.(index, bundles.length, bundle);
    options.signal.throwIfAborted();
    const truth = await readPrivate(bundle, options.identities);
    const proved: GateResult[] = [];
    for (const gate of buildGates) proved.push(await gate(bundle, truth));
    const measured = await measureDifficulty(bundle, options);
    // the name of a held-out scenario stays inside its seal
    const isHidden = measured.split === 'held-out';
    const scenario = truth.provenance['scenario'] as { readonly name?: string } | undefined;
    tasks.push({ floor: { ...measured, bundle, scenario: isHidden ? undefined : scenario?.name }, proved });
  }
  return tasks;
}
