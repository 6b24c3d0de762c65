import { readFile } from 'node:fs/promises';
import { basename, join, relative, resolve } from 'node:path';
import { parseDuration } from '../base/duration.ts';
import { UserError } from '../base/errors.ts';
import { sha256 } from '../base/hash.ts';
import { answerFileFormat, sreInstruction } from '../harness/instruction.ts';
import { defaultLimits } from '../harness/loop/limits.ts';
import { profiles } from '../harness/loop/profiles.ts';
import { priceOf } from '../harness/models/prices.ts';
import type { ExternalEntry, ModelEntry, RunFile } from '../harness/run-file.ts';
import type { Sandbox } from '../harness/sandbox/sandbox.ts';
import { packageVersion } from '../spec/package-version.ts';
import type { ModelPrice } from '../spec/prices.ts';

/** The options of `culprit eval` that decide what a run is. Absent: the default, or what the continued run has. */
export interface EvalOptions {
  readonly task: readonly string[];
  readonly agent?: readonly string[];
  readonly model?: readonly string[];
  readonly profile?: string;
  readonly external?: string;
  readonly externalName?: string;
  readonly externalFiles?: readonly string[];
  readonly allowHost?: readonly string[];
  readonly passEnv?: readonly string[];
  readonly repeats?: string;
  readonly maxTurns?: string;
  readonly timeLimit?: string;
  readonly tokenLimit?: string;
  readonly costLimit?: string;
  readonly commandTimeout?: string;
  readonly reasoningEffort?: string;
  readonly temperature?: string;
  readonly modelSeed?: string;
  readonly replyTokens?: string;
  readonly contextTokens?: string;
  readonly baseUrl?: string;
}

/** What the options are made concrete with. */
export interface PlanContext {
  readonly cwd: string;
  /** Absolute path of the run directory. */
  readonly path: string;
  readonly tasks: RunFile['tasks'];
  readonly prices: readonly ModelPrice[];
  readonly sandbox: Sandbox | undefined;
  /** The run that is continued. */
  readonly before?: RunFile;
}

/** Tokens a model is taken to read, if neither `--context-tokens` nor the price file says it. */
const defaultContextTokens = 128_000;

/** The `run.json` that the options ask for. UserError for what makes no sense. */
export async function planRun(options: EvalOptions, context: PlanContext): Promise<RunFile> {
  const { path, tasks, sandbox } = context;
  const profile = profiles.get(options.profile ?? 'native').name;
  const models = await Promise.all(
    (options.model ?? []).map((name) => planModel(name, profile, options, context)),
  );
  const externals =
    options.external === undefined ? [] : [await planExternal(options.external, options, context.cwd)];
  const named = options.agent ?? (models.length + externals.length === 0 ? ['loudest-alert'] : []);
  return {
    apiVersion: 'culprit.dev/v1',
    kind: 'Run',
    id: basename(path),
    version: await packageVersion(),
    agents: [...named, ...models.map(({ agent }) => agent), ...externals.map(({ agent }) => agent)],
    repeats: wholeNumber('--repeats', options.repeats ?? '1', 1, 1000),
    tasks,
    ...(models.length > 0 ? { models } : {}),
    ...(externals.length > 0 ? { externals } : {}),
    ...(sandbox
      ? { instruction: sha256(sreInstruction + answerFileFormat), limits: planLimits(options) }
      : {}),
    ...(sandbox ? { sandbox: { name: sandbox.name, isolated: sandbox.isolated } } : {}),
  };
}

async function planModel(
  name: string,
  profile: string,
  options: EvalOptions,
  { cwd, path, prices, before }: PlanContext,
): Promise<ModelEntry> {
  const known = before?.models?.find((entry) => entry.model === name)?.source?.path;
  const source = await sourceOf(name, known === undefined ? cwd : path, path, known);
  const provider = name.slice(0, name.indexOf('/'));
  const label = source ? `${provider}/${basename(name).replace(/\.(ya?ml|json)$/, '')}` : name;
  const price = priceOf(name, prices);
  const { reasoningEffort } = options;
  return {
    agent: profile === 'native' ? label : `${label}@${profile}`,
    model: name,
    profile,
    ...(options.baseUrl === undefined ? {} : { baseUrl: plainUrl(options.baseUrl) }),
    settings: {
      ...(reasoningEffort === undefined ? {} : { reasoningEffort }),
      ...given('temperature', decimal('--temperature', options.temperature)),
      ...given('seed', optionalNumber('--model-seed', options.modelSeed, 0)),
      ...given('maxTokens', optionalNumber('--reply-tokens', options.replyTokens, 1)),
    },
    contextTokens:
      optionalNumber('--context-tokens', options.contextTokens, 1000) ??
      price?.contextTokens ??
      defaultContextTokens,
    ...(price ? { price } : {}),
    ...(source ? { source } : {}),
  };
}

/** Where a scripted or replayed model's replies come from. */
async function sourceOf(
  name: string,
  cwd: string,
  run: string,
  known: string | undefined,
): Promise<ModelEntry['source']> {
  const match = /^(scripted|replay)\/([^#]+)/.exec(name);
  if (!match?.[2]) return undefined;
  const file = resolve(cwd, known ?? match[2]);
  const content = await readFile(match[1] === 'replay' ? join(file, 'run.json') : file).catch(
    (error: NodeJS.ErrnoException) => {
      throw new UserError('no-such-file', `cannot read ${file}: ${error.code}`, {
        hint: match[1] === 'replay' ? 'replay/ names a run directory' : 'scripted/ names a script file',
      });
    },
  );
  return { path: relative(run, file).replaceAll('\\', '/'), digest: sha256(content) };
}

async function planExternal(command: string, options: EvalOptions, cwd: string): Promise<ExternalEntry> {
  const files: Record<string, string> = {};
  for (const path of options.externalFiles ?? [])
    files[basename(path)] = sha256(await readGiven(resolve(cwd, path)));
  return {
    agent: options.externalName ?? 'external',
    command,
    files,
    allowHosts: [...(options.allowHost ?? [])],
    environment: [...(options.passEnv ?? [])],
  };
}

/** A file the user named. */
export async function readGiven(path: string): Promise<Buffer> {
  return readFile(path).catch((error: NodeJS.ErrnoException) => {
    throw new UserError('no-such-file', `cannot read ${path}: ${error.code}`);
  });
}

function planLimits(options: EvalOptions): NonNullable<RunFile['limits']> {
  return {
    turns: wholeNumber('--max-turns', options.maxTurns ?? String(defaultLimits.turns), 1, 100_000),
    timeMs: duration('--time-limit', options.timeLimit) ?? defaultLimits.timeMs,
    ...given('tokens', optionalNumber('--token-limit', options.tokenLimit, 1)),
    ...given('costUsd', decimal('--cost-limit', options.costLimit)),
    commandMs: duration('--command-timeout', options.commandTimeout) ?? defaultLimits.commandMs,
    outputCharacters: defaultLimits.outputCharacters,
    summariseAt: defaultLimits.summariseAt,
  };
}

/** An address that can be written down: nothing secret is in it. */
function plainUrl(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (!url || !/^https?:$/.test(url.protocol) || url.username || url.password || url.search)
    throw new UserError('base-url', `--base-url takes an http(s) address without user, password or query`, {
      hint: 'keys come from the environment',
    });
  return text.replace(/\/+$/, '');
}

function given<K extends string, V>(name: K, value: V | undefined): { [name in K]?: V } {
  return value === undefined ? {} : ({ [name]: value } as { [name in K]?: V });
}

/** A whole number of an option, or a UserError. */
export function wholeNumber(option: string, text: string, least: number, most: number): number {
  const value = Number(text);
  if (text.trim() === '' || !Number.isInteger(value) || value < least || value > most)
    throw new UserError('number', `${option} takes a whole number from ${least} to ${most}, not "${text}"`);
  return value;
}

function optionalNumber(option: string, text: string | undefined, least: number): number | undefined {
  return text === undefined ? undefined : wholeNumber(option, text, least, Number.MAX_SAFE_INTEGER);
}

/** A number not below 0 of an option, or a UserError. */
export function decimal(option: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const value = Number(text);
  if (text.trim() === '' || !Number.isFinite(value) || value < 0)
    throw new UserError('number', `${option} takes a number from 0 up, not "${text}"`);
  return value;
}

/** Milliseconds of an option that takes a duration, or a UserError. */
export function duration(option: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const value = parseDuration(text);
  if (!value) throw new UserError('duration', `${option} takes a duration such as 30m, not "${text}"`);
  return value;
}
