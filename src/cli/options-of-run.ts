import { join } from 'node:path';
import type { RunFile } from '../harness/run-file.ts';
import type { EvalOptions } from './eval-plan.ts';

/**
 * The options that would have started this run: `--resume RUN` needs no others, and one that is given and asks for
 * something else is noticed.
 */
export function optionsOfRun(run: RunFile, path: string): Partial<EvalOptions> {
  const { models = [], externals = [], limits } = run;
  const [model] = models;
  const [external] = externals;
  const others = new Set([...models, ...externals].map(({ agent }) => agent));
  const text = (name: keyof EvalOptions, value: number | undefined, unit = '') =>
    value === undefined ? {} : { [name]: `${value}${unit}` };
  const contexts = new Set(models.map((entry) => entry.contextTokens));
  return {
    agent: run.agents.filter((agent) => !others.has(agent)),
    repeats: String(run.repeats),
    ...(model && {
      model: models.map((entry) => entry.model),
      profile: model.profile,
      ...(model.baseUrl === undefined ? {} : { baseUrl: model.baseUrl }),
      ...(model.settings.reasoningEffort === undefined
        ? {}
        : { reasoningEffort: model.settings.reasoningEffort }),
      ...text('temperature', model.settings.temperature),
      ...text('modelSeed', model.settings.seed),
      ...text('replyTokens', model.settings.maxTokens),
      // different ones came from the price file, and will again
      ...(contexts.size === 1 ? text('contextTokens', model.contextTokens) : {}),
    }),
    ...(external && {
      external: external.command,
      externalName: external.agent,
      externalFiles: Object.keys(external.files).map((name) => join(path, 'files', name)),
      allowHost: external.allowHosts,
      passEnv: external.environment,
    }),
    ...(limits && {
      ...text('maxTurns', limits.turns),
      ...text('timeLimit', limits.timeMs, 'ms'),
      ...text('tokenLimit', limits.tokens),
      ...text('costLimit', limits.costUsd),
      ...text('commandTimeout', limits.commandMs, 'ms'),
    }),
  };
}
