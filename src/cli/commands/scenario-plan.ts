import { resolve } from 'node:path';
import { checkScenario } from '../../author/check-scenario.ts';
import { newSeed, worldStartMs } from '../../author/seed.ts';
import { UserError } from '../../base/errors.ts';
import { planScenario } from '../../fault/planner.ts';
import { planTiming } from '../../spec/apply-timing.ts';
import { requireValid } from '../../spec/diagnostics-error.ts';
import type { CommonOptions, Io } from '../io.ts';
import { planText } from '../plan-text.ts';

/** `culprit scenario plan FILE`: the exact operations with their roles, from the manifests, without any cluster. */
export async function scenarioPlan(
  options: CommonOptions & { file: string; seed?: string },
  io: Io,
): Promise<number> {
  if (options.seed !== undefined && !/^[0-9a-f]{32}$/.test(options.seed))
    throw new UserError('bad-seed', `"${options.seed}" is not a seed`, { hint: '32 hex digits, lower case' });
  const { scenario, application, profile, locate } = requireValid(
    await checkScenario(resolve(io.cwd, options.file)),
  );
  const seed = options.seed ?? scenario.seed ?? newSeed();
  const plan = requireValid(
    planScenario(scenario, application, {
      seed,
      startMs: worldStartMs(seed),
      provider: profile.provider,
      timing: planTiming(profile),
      locate,
    }),
  );
  io.stdout.write(options.json ? `${JSON.stringify(plan, undefined, 2)}\n` : planText(plan));
  return 0;
}
