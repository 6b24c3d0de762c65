import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock } from '../base/clock.ts';
import { OperationError, PrerequisiteError, UserError } from '../base/errors.ts';
import type { Agent } from './agent.ts';
import { adversaryName, adversaryProfile, adversaryScript } from './agents/adversary.ts';
import { externalAgent } from './agents/external-agent.ts';
import { builtinAgents } from './agents/index.ts';
import { modelAgent } from './agents/model-agent.ts';
import { defaultLimits, type LoopLimits } from './loop/limits.ts';
import { profiles } from './loop/profiles.ts';
import { AdaptiveLimit } from './models/adaptive-limit.ts';
import { CostBudget } from './models/cost-budget.ts';
import { createModel } from './models/create-model.ts';
import type { Model } from './models/model.ts';
import { ModelClient } from './models/model-client.ts';
import { scriptedModel } from './models/providers/scripted.ts';
import type { RunDirectory } from './run-directory.ts';
import type { ExternalEntry, ModelEntry } from './run-file.ts';
import type { Sandbox } from './sandbox/sandbox.ts';
import { recordSpending, spentUsd } from './spending.ts';

/** What is not part of a run's settings: it may differ when a run is continued. */
export interface AgentRuntime {
  readonly run: RunDirectory;
  /** The process's environment: keys, and the variables external agents are given. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Needed as soon as a model or an external agent takes part. */
  readonly sandbox: Sandbox | undefined;
  readonly concurrency: number;
  /** US dollars. */
  readonly maxCostUsd: number | undefined;
  /** A provider that is silent for so long is given up; thinking models are silent for minutes. */
  readonly stallMs: number;
  readonly clock: Clock;
  /** Agents that are not among the built-in ones: the oracle, which the harness cannot make. */
  readonly others: readonly Agent[];
}

/** What a reply can cost is reckoned with this many tokens, if no maximum is set. */
const assumedMaxTokens = 32_000;

/** All agents of a run, in the order of its `agents`. Model packages are loaded here. */
export async function createAgents(runtime: AgentRuntime): Promise<readonly Agent[]> {
  const { run, others, maxCostUsd } = runtime;
  const { agents, models = [], externals = [] } = run.run;
  const limits = { ...defaultLimits, ...run.run.limits };
  const unpriced = models.find(({ price }) => price === undefined);
  if (maxCostUsd !== undefined && unpriced)
    throw new UserError('no-price', `--max-cost needs the price of ${unpriced.model}`, {
      hint: 'name a price file with --prices',
    });
  // without a maximum, too: a later --max-cost has to know what was spent
  const budget = new CostBudget(
    maxCostUsd ?? Number.POSITIVE_INFINITY,
    models.length > 0 ? await spentUsd(run) : 0,
    recordSpending(run),
  );
  const builtin = builtinAgents();
  return Promise.all(
    agents.map(async (name) => {
      const model = models.find((entry) => entry.agent === name);
      if (model) return createModelAgent(model, limits, budget, runtime);
      if (name === adversaryName)
        return createModelAgent(
          adversaryEntry,
          limits,
          budget,
          runtime,
          scriptedModel('scripted/adversary', adversaryScript),
        );
      const external = externals.find((entry) => entry.agent === name);
      if (external) return createExternalAgent(external, limits, runtime);
      return others.find((agent) => agent.name === name) ?? builtin.get(name);
    }),
  );
}

/** Agents that need a sandbox although they are no models of the run. */
export const sandboxedAgents: readonly string[] = [adversaryName];

const adversaryEntry: ModelEntry = {
  agent: adversaryName,
  model: 'scripted/adversary',
  profile: adversaryProfile,
  settings: {},
  contextTokens: 1_000_000,
};

async function createModelAgent(
  entry: ModelEntry,
  limits: LoopLimits,
  budget: CostBudget,
  { run, env, sandbox, concurrency, stallMs, clock }: AgentRuntime,
  given?: Model,
): Promise<Agent> {
  const nowMs = () => clock.nowMs();
  const model =
    given ??
    (await createModel(referenceOf(entry), {
      env,
      cwd: run.path,
      baseUrl: entry.baseUrl,
      settings: entry.settings,
      stallMs,
      nowMs,
    }));
  const client = new ModelClient({
    model,
    price: entry.price,
    maxTokens: entry.settings.maxTokens ?? assumedMaxTokens,
    limit: new AdaptiveLimit(concurrency, nowMs),
    budget,
    nowMs,
  });
  return modelAgent({
    name: entry.agent,
    client,
    profile: profiles.get(entry.profile),
    limits,
    contextTokens: entry.contextTokens,
    sandbox: needed(sandbox),
    clock,
  });
}

/** Scripts and recorded runs are found from the run directory, wherever the command is given. */
function referenceOf({ model, source }: ModelEntry): string {
  if (source === undefined) return model;
  const agent = model.includes('#') ? model.slice(model.indexOf('#')) : '';
  return `${model.slice(0, model.indexOf('/'))}/${source.path}${agent}`;
}

async function createExternalAgent(
  entry: ExternalEntry,
  limits: LoopLimits,
  { run, env, sandbox, clock }: AgentRuntime,
): Promise<Agent> {
  const files: Record<string, string> = {};
  for (const name of Object.keys(entry.files))
    files[name] = await readFile(join(run.path, 'files', name), 'utf8');
  const environment: Record<string, string> = {};
  for (const name of entry.environment) {
    const value = env[name];
    if (value === undefined)
      throw new PrerequisiteError('no-variable', `the agent ${entry.agent} needs the variable ${name}`, {
        hint: `set ${name} in the environment`,
      });
    environment[name] = value;
  }
  return externalAgent({
    name: entry.agent,
    command: entry.command,
    files,
    allowHosts: entry.allowHosts,
    environment,
    limits,
    sandbox: needed(sandbox),
    clock,
  });
}

function needed(sandbox: Sandbox | undefined): Sandbox {
  if (sandbox) return sandbox;
  throw new OperationError('sandbox', 'the run has no sandbox');
}
