import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join, resolve } from 'node:path';
import type { BuildOutcome } from '../../author/build-pool.ts';
import { expandScenarios } from '../../author/expand-scenarios.ts';
import { atomicWrite } from '../../base/atomic-write.ts';
import { parseDuration } from '../../base/duration.ts';
import { exitCodes, OperationError, UserError } from '../../base/errors.ts';
import { byText } from '../../base/order.ts';
import { buildTasks } from '../../gate/build/build-tasks.ts';
import { compareBundles } from '../../gate/fidelity/compare-bundles.ts';
import { fidelityMarkdown, figure, type ScenarioFidelity } from '../../gate/fidelity/fidelity-report.ts';
import { findBundles } from '../../harness/load-task.ts';
import { requireValid } from '../../spec/diagnostics-error.ts';
import { loadProfile } from '../../spec/load-profile.ts';
import { profileOption, requireProfile } from '../../spec/workspace.ts';
import type { Command, Io } from '../io.ts';
import { ProgressLine } from '../progress-line.ts';
import { formatTable } from '../table.ts';

interface FidelityOptions {
  readonly scenarios?: readonly string[];
  readonly embedded?: string;
  readonly kind?: string;
  readonly kindAgain?: readonly string[];
  readonly embeddedProfile: string;
  readonly kindProfile: string;
  readonly out?: string;
  readonly markdown?: string;
  readonly atLeast?: string;
}

/** Signals on which the embedded cluster is held to a share. */
const judged: readonly string[] = ['event reasons', 'alerts', 'error kinds'];

/** `culprit fidelity [SCENARIO…]`: the same scenarios on the embedded cluster and on a real one, compared. */
export const fidelity: Command<FidelityOptions> = async (options, io) => {
  const atLeast = shareOf(options.atLeast);
  const progress = new ProgressLine(io.stderr, options.quiet);
  const work = options.out === undefined ? await mkdtemp(join(tmpdir(), 'fidelity-')) : undefined;
  try {
    const out = resolve(io.cwd, options.out ?? work ?? '');
    const embedded = await bundlesOf(options, 'embedded', out, progress, io);
    const kind = await bundlesOf(options, 'kind', out, progress, io);
    const again = await Promise.all(
      (options.kindAgain ?? []).map((path) => bundlesIn(resolve(io.cwd, path))),
    );
    const resolutionMs = await resolutionOf(options.kindProfile, io.cwd);
    const results: ScenarioFidelity[] = [];
    for (const [task, directory] of embedded) {
      const other = kind.get(task);
      if (other === undefined) continue;
      progress.update(`comparing ${task}`);
      const bundles = {
        embedded: directory,
        kind: other,
        again: again.flatMap((run) => run.get(task) ?? []),
      };
      results.push(await compareBundles(bundles, resolutionMs, io.signal));
    }
    progress.clear();
    if (results.length === 0)
      throw new UserError('nothing-to-compare', 'there is no task of which both clusters have a bundle', {
        hint: 'bundles of one scenario and seed have the same task id',
      });
    results.sort(byText(({ scenario }) => scenario));
    if (options.markdown !== undefined)
      await atomicWrite(
        resolve(io.cwd, options.markdown),
        fidelityMarkdown(results, commandLine(options), resolutionMs),
      );
    io.stdout.write(options.json ? `${JSON.stringify(results, undefined, 2)}\n` : render(results));
    const isShort = results.some(({ signals }) =>
      signals.some(({ signal, adjusted }) => judged.includes(signal) && adjusted < atLeast),
    );
    return isShort ? exitCodes.failed : exitCodes.ok;
  } finally {
    progress.clear();
    if (work !== undefined) await rm(work, { recursive: true, force: true });
  }
};

/** Directories of bundles by task id: those that were given, or built from the scenarios. */
async function bundlesOf(
  options: FidelityOptions,
  side: 'embedded' | 'kind',
  out: string,
  progress: ProgressLine,
  io: Io,
): Promise<ReadonlyMap<string, string>> {
  const given = options[side];
  if (given !== undefined) return bundlesIn(resolve(io.cwd, given));
  const scenarios = await expandScenarios((options.scenarios ?? []).map((file) => resolve(io.cwd, file)));
  const profile = profileOption(side === 'embedded' ? options.embeddedProfile : options.kindProfile, io.cwd);
  let finished = 0;
  const outcomes = await buildTasks(
    // what is compared is what a task shows; lints and counterfactual worlds have their say in `build`
    scenarios.map((scenario) => ({
      scenario,
      out: join(out, side),
      profile,
      lint: false,
      counterfactual: false,
    })),
    {
      jobs: side === 'embedded' ? 2 : 1,
      signal: io.signal,
      onProgress: ({ scenario, step, done }) =>
        progress.update(
          `${side} ${finished}/${scenarios.length} ${basename(scenario)} ${step} ${Math.round(done * 100)}%`,
        ),
      onOutcome: (outcome) => {
        finished++;
        progress.note(`${side} ${finished}/${scenarios.length} ${told(outcome)}`);
      },
    },
  );
  io.signal.throwIfAborted();
  const built = outcomes.flatMap((outcome) => (outcome.status === 'built' ? [outcome] : []));
  if (built.length === 0)
    throw new OperationError('nothing-built', `none of the scenarios could be built on profile ${profile}`);
  return new Map(built.map(({ task, directory }) => [task, directory]));
}

async function bundlesIn(path: string): Promise<ReadonlyMap<string, string>> {
  const directories = await findBundles([path]);
  return new Map(directories.map((directory) => [basename(directory), directory]));
}

/** How exactly the profile's Prometheus knows when something began: by the next scrape and the next evaluation. */
async function resolutionOf(name: string, cwd: string): Promise<number> {
  const { value: profile } = requireValid(await loadProfile(await requireProfile(name, cwd)));
  const { scrapeInterval = '15s', evaluationInterval = '15s' } =
    profile.kindCluster ??
    profile.embedded ??
    ({} as { scrapeInterval?: string; evaluationInterval?: string });
  return (parseDuration(scrapeInterval) ?? 0) + (parseDuration(evaluationInterval) ?? 0);
}

function told(outcome: BuildOutcome): string {
  const name = basename(outcome.scenario);
  if (outcome.status === 'built') return `built ${name} in ${Math.round(outcome.elapsedMs / 1000)} s`;
  return outcome.status === 'failed' || outcome.status === 'crashed'
    ? `FAILED ${name}: ${outcome.message}`
    : `interrupted ${name}`;
}

function render(results: readonly ScenarioFidelity[]): string {
  return results
    .map(
      ({ scenario, embedded, kind, signals }) =>
        `${scenario}: embedded (Kubernetes ${embedded.kubernetes}) and ${kind.provider} (Kubernetes ${kind.kubernetes})\n${formatTable(
          ['signal', 'agreement', 'measure', 'shared', 'differences', 'two real runs'],
          signals.map((one) => [
            one.signal,
            figure(one),
            one.measure,
            String(one.shared),
            String(one.differences.length),
            one.ceiling?.toFixed(2) ?? '',
          ]),
        )}${signals
          .flatMap(({ signal, differences }) =>
            differences
              .filter(({ explanation }) => explanation === undefined)
              .map(
                ({ what, seenBy }) => `  ${signal}: ${seenBy === 'both' ? '' : `${seenBy} only: `}${what}\n`,
              ),
          )
          .join('')}`,
    )
    .join('\n');
}

function shareOf(text: string | undefined): number {
  const share = Number(text ?? '0');
  if (share >= 0 && share <= 1) return share;
  throw new UserError('at-least', `--at-least takes a number from 0 to 1, not "${text}"`);
}

function commandLine({ scenarios, kindAgain }: FidelityOptions): string {
  const bundles = `--embedded DIR --kind DIR${kindAgain === undefined ? '' : ` --kind-again${' DIR'.repeat(kindAgain.length)}`}`;
  return `culprit fidelity ${scenarios?.length ? scenarios.join(' ') : bundles} --markdown`;
}
