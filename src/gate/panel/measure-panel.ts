import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { createTaskScorer } from '../../scoring/score-run.ts';
import type { Panel } from '../../spec/panel.ts';
import type { DifficultyThresholds } from '../../spec/suite-difficulty.ts';
import { estimateCost } from './estimate-cost.ts';
import { type PanelResult, panelResult } from './panel-result.ts';
import { membersOf, repeatsOf } from './plan-panel.ts';
import { renameTasks } from './rename/rename-tasks.ts';
import { type ArmResult, type PanelRuntime, rankTasks, runProbe, type ScoredTask } from './run-panel.ts';
import { withoutEvidence } from './without-evidence.ts';

/**
 * Runs a panel on tasks: the panel itself, then the probes for memorisation on those with causes. What has finished in
 * `runtime.directory` is not run again.
 */
export async function measurePanel(
  panel: Panel,
  panelFile: string,
  bundles: readonly string[],
  thresholds: DifficultyThresholds,
  runtime: PanelRuntime,
  identities: readonly string[],
): Promise<PanelResult> {
  const tasks: ScoredTask[] = [];
  for (const bundle of bundles) {
    const scorer = await createTaskScorer(bundle, 'collapse', identities);
    tasks.push({ task: scorer.task, bundle, scorer });
  }
  const incidents = tasks.filter(({ scorer }) => scorer.truth.rootCauses.length > 0);
  const estimate = estimateCost(panel, { tasks: tasks.length, withCauses: incidents.length });
  await mkdir(runtime.directory, { recursive: true });
  let spent = 0;
  const left = (): PanelRuntime => ({
    ...runtime,
    // what an arm has spent itself is counted by its run
    maxCostUsd: runtime.maxCostUsd === undefined ? undefined : Math.max(0, runtime.maxCostUsd - spent),
  });
  const asBuilt = await rankTasks(panel, panelFile, tasks, thresholds, left());
  spent += asBuilt.spentUsd;
  const probe = async (
    name: 'without-evidence' | 'renamed',
    variants: (folder: string) => Promise<readonly ScoredTask[]>,
  ): Promise<ArmResult | undefined> => {
    const isWanted =
      asBuilt.stopped === undefined &&
      incidents.length > 0 &&
      repeatsOf(panel, name) > 0 &&
      membersOf(panel, name).some((member) => 'model' in member);
    if (!isWanted) return undefined;
    const folder = join(runtime.directory, 'bundles', name);
    const result = await runProbe(name, panel, panelFile, await variants(folder), left());
    spent += result.spentUsd;
    return result;
  };
  const bare = await probe('without-evidence', (folder) => withoutEvidence(incidents, folder));
  const renamed = await probe('renamed', (folder) => renameTasks(incidents, folder));
  return panelResult(
    panel,
    { asBuilt, ...(bare ? { withoutEvidence: bare } : {}), ...(renamed ? { renamed } : {}) },
    thresholds,
    {
      estimate,
      ...(runtime.sandbox
        ? { sandbox: { name: runtime.sandbox.name, isolated: runtime.sandbox.isolated } }
        : {}),
    },
  );
}
