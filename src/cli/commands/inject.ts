import { resolve } from 'node:path';
import { checkScenario } from '../../author/check-scenario.ts';
import { newSeed } from '../../author/seed.ts';
import { formatDuration } from '../../base/duration.ts';
import { exitCodes, PrerequisiteError, UserError } from '../../base/errors.ts';
import { whileOpen } from '../../base/while-open.ts';
import { type ExecutedOperation, Injection } from '../../fault/injector.ts';
import { planScenario } from '../../fault/planner.ts';
import { rootCauses } from '../../fault/root-causes.ts';
import { viewFromCluster } from '../../fault/view.ts';
import { planTiming } from '../../spec/apply-timing.ts';
import { requireValid } from '../../spec/diagnostics-error.ts';
import type { Plan } from '../../spec/plan.ts';
import { type ConnectedCluster, connectCluster } from '../connect-cluster.ts';
import type { Command, Io } from '../io.ts';
import { ProgressLine } from '../progress-line.ts';
import { formatTable } from '../table.ts';

interface InjectOptions {
  readonly file: string;
  readonly kubeconfig?: string;
  readonly seed?: string;
  readonly now?: boolean;
}

/**
 * `culprit inject FILE`: carries a scenario's operations out on a running cluster, planned against what is there now.
 * Exit 1 if one fails; what was done until then stays in the journal for `culprit recover`, also after Ctrl-C.
 */
export const inject: Command<InjectOptions> = async (options, io) => {
  if (options.seed !== undefined && !/^[0-9a-f]{32}$/.test(options.seed))
    throw new UserError('bad-seed', `"${options.seed}" is not a seed`, { hint: '32 hex digits, lower case' });
  const { scenario, application, profile, locate } = requireValid(
    await checkScenario(resolve(io.cwd, options.file)),
  );
  return await whileOpen(await connectCluster(options, io), async (cluster) => {
    return await whileOpen(await Injection.open(cluster.journal, cluster.target), async (injection) => {
      const seed = options.seed ?? scenario.seed ?? newSeed();
      const view = await viewFromCluster(cluster.target.kube, application, seed);
      const startMs = await cluster.nowMs();
      const plan = requireValid(
        planScenario(scenario, application, {
          seed,
          startMs,
          provider: profile.provider,
          timing: planTiming(profile),
          view,
          locate,
        }),
      );
      requireControl(plan, cluster);

      const progress = new ProgressLine(io.stderr, options.quiet);
      try {
        await carryOut(plan, injection, cluster, options.now ?? false, progress, io);
      } catch (error) {
        progress.note('what was done so far can be undone with `culprit recover`');
        if (io.signal.aborted) return exitCodes.interrupted;
        throw error;
      } finally {
        progress.clear();
      }
      const causes = rootCauses(injection.executed, scenario);
      if (options.json) {
        const operations = injection.executed.map(shown);
        io.stdout.write(
          `${JSON.stringify({ journal: cluster.journal, operations, rootCauses: causes }, undefined, 2)}\n`,
        );
      } else {
        const rows = injection.executed.map((done) => [
          done.operation.id,
          done.operation.role,
          done.outcome,
          done.operation.summary,
        ]);
        io.stdout.write(formatTable(['operation', 'role', 'outcome', 'what'], rows));
        io.stdout.write(
          `\nroot causes: ${causes.map(({ entity }) => entity).join(', ') || 'none'}\njournal: ${cluster.journal}\n`,
        );
      }
      return exitCodes.ok;
    });
  });
};

/** Does the operations at their times by the cluster's clock; those of before the incident come first, without waiting. */
async function carryOut(
  plan: Plan,
  injection: Injection,
  cluster: ConnectedCluster,
  atOnce: boolean,
  progress: ProgressLine,
  io: Io,
): Promise<void> {
  const originMs = await cluster.nowMs();
  for (const [index, operation] of plan.operations.entries()) {
    while (!atOnce) {
      io.signal.throwIfAborted();
      const restMs = originMs + operation.atMs - (await cluster.nowMs());
      if (restMs <= 0) break;
      progress.update(
        `${index}/${plan.operations.length} next in ${formatDuration(Math.ceil(restMs / 1000) * 1000)}: ${operation.summary}`,
      );
      // the cluster's clock may run faster than ours: look often
      await new Promise((done) => setTimeout(done, Math.min(restMs, 250)));
    }
    io.signal.throwIfAborted();
    await cluster.nowMs();
    const done = await injection.execute(operation);
    progress.note(`${operation.role} ${done.outcome}: ${operation.summary}`);
  }
}

function requireControl(plan: Plan, cluster: ConnectedCluster): void {
  if (cluster.hasControl) return;
  const needs = plan.operations.find(
    ({ action }) =>
      action.verb === 'stop-node' || action.verb === 'stop-node-of' || action.verb === 'set-load',
  );
  if (needs !== undefined)
    throw new PrerequisiteError(
      'no-control',
      `"${needs.summary}" needs a cluster that culprit runs; ${cluster.server} is not`,
    );
}

function shown({ operation, outcome, touched, pods, timeMs, message }: ExecutedOperation) {
  const objects = touched.map(({ ref, fields }) => ({ ...ref, fields }));
  return {
    id: operation.id,
    role: operation.role,
    summary: operation.summary,
    timeMs,
    outcome,
    objects,
    pods,
    ...(message === undefined ? {} : { message }),
  };
}
