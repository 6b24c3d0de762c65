import { join, relative, resolve } from 'node:path';
import { systemClock } from '../base/clock.ts';
import { UserError } from '../base/errors.ts';
import { type CostEstimate, estimateCost } from '../gate/panel/estimate-cost.ts';
import { measurePanel } from '../gate/panel/measure-panel.ts';
import type { PanelResult } from '../gate/panel/panel-result.ts';
import type { GatedTask } from '../gate/verdict/run-gates.ts';
import { chooseSandboxAndWhy } from '../harness/sandbox/index.ts';
import { requireValid } from '../spec/diagnostics-error.ts';
import { loadPanel } from '../spec/load-panel.ts';
import type { DifficultyThresholds } from '../spec/suite-difficulty.ts';
import { decimal, wholeNumber } from './eval-plan.ts';
import type { Io } from './io.ts';
import type { ProgressLine } from './progress-line.ts';

/** The options of `culprit difficulty` that are about the panel. */
export interface PanelOptions {
  readonly run?: string;
  readonly maxCost?: string;
  readonly yes?: boolean;
  readonly concurrency?: string;
  readonly sandbox?: string;
}

/** Loads a panel, says what it may cost, asks for consent to that, runs it. */
export async function runDifficultyPanel(
  file: string,
  tasks: readonly GatedTask[],
  thresholds: DifficultyThresholds,
  identities: readonly string[],
  options: PanelOptions,
  io: Io,
  progress: ProgressLine,
): Promise<PanelResult> {
  const path = resolve(io.cwd, file);
  const panel = requireValid(await loadPanel(path)).value;
  const directory = resolve(io.cwd, options.run ?? join('runs', `panel-${panel.metadata.name}`));
  const maxCostUsd = decimal('--max-cost', options.maxCost) ?? panel.maxCostUsd;
  const withCauses = tasks.filter(({ floor }) => !floor.control).length;
  const estimate = estimateCost(panel, { tasks: tasks.length, withCauses });
  for (const line of estimateLines(estimate, maxCostUsd)) progress.note(line);
  if (estimate.mostUsd > 0 && maxCostUsd === undefined && options.yes !== true)
    throw new UserError('cost', `the panel ${panel.metadata.name} may cost ${usd(estimate.mostUsd)}`, {
      hint: '--max-cost USD stops it before it costs more; --yes runs it without a cap',
    });
  const needsSandbox = panel.members.some((member) => 'model' in member);
  const choice = needsSandbox ? await chooseSandboxAndWhy(options.sandbox ?? 'auto') : undefined;
  if (choice)
    progress.note(
      `sandbox: ${choice.why}${choice.sandbox.isolated ? '' : ' (NOT ISOLATED: no panel to rely on)'}`,
    );
  let samples = 0;
  let spent = 0;
  const result = await measurePanel(
    panel,
    path,
    tasks.map(({ floor }) => floor.bundle),
    thresholds,
    {
      directory,
      env: io.env,
      sandbox: choice?.sandbox,
      concurrency: wholeNumber('--concurrency', options.concurrency ?? '4', 1, 1000),
      maxCostUsd,
      clock: systemClock,
      signal: io.signal,
      onSample: (arm, { task, agent, repeat, totals }) => {
        samples++;
        spent += totals?.costUsd ?? 0;
        progress.update(`panel, ${arm}: ${samples} samples, ${usd(spent)}, ${agent} on ${task} #${repeat}`);
      },
      onAttemptFailed: ({ agent, task, repeat }, attempt, message) =>
        progress.note(`${agent} on ${task} #${repeat}: attempt ${attempt} broke: ${message}`),
    },
    identities,
  );
  progress.clear();
  progress.note(`panel: ${relative(io.cwd, directory)}, ${samples} new samples, ${usd(spent)}`);
  return result;
}

/** The estimate for people. */
function estimateLines(estimate: CostEstimate, maxCostUsd: number | undefined): string[] {
  if (estimate.members.length === 0) return [];
  const [least, most] = [0, 1].map((at) =>
    estimate.members.reduce((sum, { samples }) => sum + (samples[at] ?? 0), 0),
  );
  const cap = maxCostUsd === undefined ? 'no cap' : `stops before ${usd(maxCostUsd)}`;
  return [
    `estimate: ${least} to ${most} samples of ${estimate.members.length} models, ${usd(estimate.leastUsd)} to ${usd(estimate.mostUsd)}; ${cap}`,
    ...estimate.members.map(
      ({ member, turns, inputTokens, outputTokens, sampleUsd, samples }) =>
        `  ${member}: ${samples[0]} to ${samples[1]} samples of ${turns} turns, ${inputTokens} + ${outputTokens} tokens, ${usd(sampleUsd)} each`,
    ),
  ];
}

function usd(amount: number): string {
  return `$${amount.toFixed(amount > 0 && amount < 1 ? 4 : 2)}`;
}
