import { createResolver } from '../../entity/resolver.ts';
import { floorSolvers } from '../../harness/agents/floor.ts';
import { loadTask } from '../../harness/load-task.ts';
import { createTaskScorer } from '../../scoring/score-run.ts';
import { universeOfBundle } from '../../scoring/universe-of-bundle.ts';
import { type GateResult, selfTest } from '../scorer-self-test/self-test.ts';
import { measureFloor, type SolverResult } from './measure-floor.ts';

/** What is known of a task's difficulty without asking a model. */
export interface TaskDifficulty {
  readonly task: string;
  readonly application: string;
  readonly split: 'public' | 'held-out';
  readonly control: boolean;
  readonly causes: number;
  readonly entities: number;
  readonly gates: readonly GateResult[];
  readonly solvers: readonly SolverResult[];
  /** Trivial solvers that solve it. A control has none: a solver that sees nothing is right about it for free. */
  readonly trivialFor: readonly string[];
  /** `broken`: a gate failed. `trivial`: one look solves it. Everything else needs the panel of models to say. */
  readonly verdict: 'broken' | 'trivial' | 'undetermined';
}

/**
 * Runs the gates of the scorer and the heuristic floor on a bundle.
 * @param repeats how often solvers that decide by chance are asked
 */
export async function measureDifficulty(
  bundle: string,
  options: {
    readonly repeats: number;
    readonly signal: AbortSignal;
    readonly identities?: readonly string[];
  },
): Promise<TaskDifficulty> {
  const task = await loadTask(bundle);
  const scorer = await createTaskScorer(bundle, 'collapse', options.identities);
  const universe = await universeOfBundle(task.evidence);
  const gates = [...selfTest(scorer, universe), truthIsNamed(scorer.truth.rootCauses, universe)];
  const solvers = await measureFloor(task, scorer, floorSolvers, options.repeats, options.signal);
  const causes = scorer.truth.rootCauses.length;
  const trivialFor =
    causes === 0
      ? []
      : solvers
          .filter(({ level, solved }) => level === 'trivial' && solved === 1)
          .map(({ solver }) => solver);
  const broken = gates.some(({ ok }) => !ok);
  return {
    task: task.id,
    application: task.evidence.manifest.application,
    split: task.evidence.manifest.split,
    control: causes === 0,
    causes,
    entities: universe.entities.length,
    gates,
    solvers,
    trivialFor,
    verdict: broken ? 'broken' : trivialFor.length > 0 ? 'trivial' : 'undetermined',
  };
}

/** Causes are entities of their own: two of them are never one workload, and every one can be named. */
function truthIsNamed(
  causes: readonly { readonly entity: string }[],
  universe: Parameters<typeof createResolver>[0],
): GateResult {
  const resolver = createResolver(universe);
  const seen = new Map<string, string>();
  const problems = causes.flatMap(({ entity }) => {
    const resolution = resolver.resolve(entity);
    if (resolution.status !== 'resolved')
      return [`${entity} is ${resolution.status}: ${resolution.explanation}`];
    const before = seen.get(resolution.entity);
    seen.set(resolution.entity, entity);
    return before === undefined ? [] : [`${entity} and ${before} are one entity`];
  });
  return { gate: 'every cause is one entity', ok: problems.length === 0, tried: causes.length, problems };
}

/** Solver by task, for a suite: how many tasks with causes each solves. */
export function floorOf(tasks: readonly Pick<TaskDifficulty, 'control' | 'solvers'>[]): readonly {
  readonly solver: string;
  readonly level: string;
  readonly solved: number;
  readonly score: number;
}[] {
  const incidents = tasks.filter(({ control }) => !control);
  return (incidents[0]?.solvers ?? []).map(({ solver, level }) => {
    const own = incidents.flatMap(({ solvers }) => solvers.filter((one) => one.solver === solver));
    return {
      solver,
      level,
      solved: own.reduce((sum, one) => sum + one.solved, 0),
      score: own.reduce((sum, one) => sum + one.score, 0) / own.length,
    };
  });
}
