import type { Refusal, VariantGates } from '../../author/generate/variant-gates.ts';
import { measureDifficulty, type TaskDifficulty } from '../floor/difficulty.ts';
import { type BundleLint, lintBundles } from '../lint/lint-bundles.ts';

/** Guessing solvers are asked this often; whether they solve it decides nothing here. */
const guesses = 1;

/**
 * The gates of `scenario generate`: lints, the scorer's self-tests, and the heuristic floor. `floor`: what must not solve
 * a variant, solvers that take one look, or all that look at the incident but the ensemble of them.
 */
export function variantGates(floor: 'trivial' | 'heuristics', signal: AbortSignal): VariantGates {
  return {
    async judge(bundle) {
      const [lint] = await lintBundles([bundle], { signal });
      const refused = lint && lintRefusal(lint);
      if (refused !== undefined) return refused;
      return floorRefusal(await measureDifficulty(bundle, { repeats: guesses, signal }), floor);
    },
    async judgeTogether(bundles) {
      const refusals = new Map<string, Refusal>();
      for (const lint of await lintBundles(bundles, { signal })) {
        const refusal = lintRefusal(lint);
        if (refusal !== undefined) refusals.set(lint.bundle, refusal);
      }
      return refusals;
    },
  };
}

function lintRefusal({ findings }: BundleLint): Refusal | undefined {
  if (findings.length === 0) return undefined;
  return {
    gate: 'lint',
    why: findings.map(
      ({ location, code, rule, message }) => `${location.file}:${location.line} ${code} ${rule}: ${message}`,
    ),
  };
}

/** Why a variant is not kept by what the solvers make of it; a control is only asked whether its scorer is sound. */
export function floorRefusal(
  { gates, control, solvers }: Pick<TaskDifficulty, 'gates' | 'control' | 'solvers'>,
  floor: 'trivial' | 'heuristics',
): Refusal | undefined {
  const broken = gates.filter(({ ok }) => !ok);
  if (broken.length > 0)
    return {
      gate: 'self-test',
      why: broken.flatMap(({ gate, problems }) => problems.map((problem) => `${gate}: ${problem}`)),
    };
  // a solver that sees nothing is right about a control for free
  if (control) return undefined;
  const solved = solvers.filter(
    ({ solver, level, solved }) =>
      solved === 1 &&
      (level === 'trivial' || (floor === 'heuristics' && level === 'simple' && solver !== 'ensemble')),
  );
  if (solved.length === 0) return undefined;
  return {
    gate: 'floor',
    why: [`solved without a model by ${solved.map(({ solver }) => solver).join(', ')}`],
  };
}
