import { readFile } from 'node:fs/promises';
import { join, relative, resolve } from 'node:path';
import { parseDuration } from '../../base/duration.ts';
import { UserError } from '../../base/errors.ts';
import { sha256 } from '../../base/hash.ts';
import { floorSolvers } from '../../harness/agents/floor.ts';
import { answerFileFormat, sreInstruction } from '../../harness/instruction.ts';
import { defaultLimits } from '../../harness/loop/limits.ts';
import { profiles } from '../../harness/loop/profiles.ts';
import { RunDirectory } from '../../harness/run-directory.ts';
import { type ModelEntry, type RunFile, runDifferences } from '../../harness/run-file.ts';
import type { Sandbox } from '../../harness/sandbox/sandbox.ts';
import { packageVersion } from '../../spec/package-version.ts';
import { memberName, type Panel, type PanelMember, type PanelModel } from '../../spec/panel.ts';

/** Which evidence the members are given. */
export type PanelArm = 'as-built' | 'without-evidence' | 'renamed';

/** A bundle of an arm: its folder, which is the task's own or a variant of it. */
export interface ArmTask {
  readonly task: string;
  readonly bundle: string;
}

/** Tokens a model is taken to read, if the panel file does not say it. */
const defaultContextTokens = 128_000;

/** The members that take part in an arm: only a model can remember what it was trained on. */
export function membersOf(panel: Panel, arm: PanelArm): readonly PanelMember[] {
  return arm === 'without-evidence' ? panel.members.filter((member) => 'model' in member) : panel.members;
}

/** Samples of each member and task in an arm, at most. */
export function repeatsOf(panel: Panel, arm: PanelArm): number {
  if (arm === 'as-built') return panel.repeats.most;
  const { withoutEvidence = 1, renamed = 1 } = panel.probes ?? {};
  return arm === 'renamed' ? renamed : withoutEvidence;
}

/**
 * The run directory of an arm, new or continued, for these tasks and those it had before. UserError if it was started
 * with other settings or bundles: samples made under different ones cannot be one panel, and the number of rounds is
 * part of the rule that settles bands.
 * @param panelFile where paths of scripts are relative to
 */
export async function openArm(
  path: string,
  arm: PanelArm,
  panel: Panel,
  panelFile: string,
  tasks: readonly ArmTask[],
  sandbox: Sandbox | undefined,
): Promise<RunDirectory> {
  const members = membersOf(panel, arm);
  const models: ModelEntry[] = [];
  for (const member of members) {
    if ('model' in member) models.push(await modelEntry(member, path, panelFile));
    else requireSolver(member.agent);
  }
  const file: RunFile = {
    apiVersion: 'culprit.dev/v1',
    kind: 'Run',
    id: `${panel.metadata.name}/${arm}`,
    version: await packageVersion(),
    agents: members.map(memberName),
    repeats: repeatsOf(panel, arm),
    tasks: await Promise.all(
      tasks.map(async ({ task, bundle }) => ({
        task,
        directory: relative(path, bundle).replaceAll('\\', '/'),
        digest: sha256(await readFile(join(bundle, 'manifest.json'))),
      })),
    ),
    ...(models.length === 0
      ? {}
      : { models, instruction: sha256(sreInstruction + answerFileFormat), limits: limitsOf(panel) }),
    ...(sandbox && models.length > 0 ? { sandbox: { name: sandbox.name, isolated: sandbox.isolated } } : {}),
  };
  const before = await RunDirectory.open(path).catch((error: unknown) => {
    if (((error as Error).cause as NodeJS.ErrnoException | undefined)?.code === 'ENOENT') return undefined;
    throw error;
  });
  if (before === undefined) return RunDirectory.create(path, file);
  // tasks are judged one by one: a suite may grow without asking again about the rest
  const known = new Map(before.run.tasks.map((entry) => [entry.task, entry]));
  const tasksOfBoth = file.tasks.filter(({ task }) => known.has(task));
  const differences = runDifferences(
    { ...before.run, tasks: tasksOfBoth.map(({ task }) => [task, known.get(task)?.digest]) },
    { ...file, tasks: tasksOfBoth.map(({ task, digest }) => [task, digest]) },
  );
  if (differences.length > 0)
    throw new UserError(
      'run-changed',
      `${path} was started with other settings:\n${differences.map((line) => `  ${line}`).join('\n')}`,
      { hint: 'name another folder with --run, or go back to the settings and bundles it was started with' },
    );
  for (const entry of file.tasks) known.set(entry.task, entry);
  const merged = [...known.values()];
  return runDifferences(before.run.tasks, merged).length === 0
    ? before
    : RunDirectory.create(path, { ...file, tasks: merged });
}

/** Limits of one sample. */
export function limitsOf({ limits = {} }: Panel): NonNullable<RunFile['limits']> {
  return {
    turns: limits.turns ?? defaultLimits.turns,
    timeMs: (limits.time === undefined ? undefined : parseDuration(limits.time)) ?? defaultLimits.timeMs,
    ...(limits.tokens === undefined ? {} : { tokens: limits.tokens }),
    ...(limits.costUsd === undefined ? {} : { costUsd: limits.costUsd }),
    commandMs: defaultLimits.commandMs,
    outputCharacters: defaultLimits.outputCharacters,
    summariseAt: defaultLimits.summariseAt,
  };
}

async function modelEntry(member: PanelModel, run: string, panelFile: string): Promise<ModelEntry> {
  const { model, price, settings = {}, contextTokens = defaultContextTokens } = member;
  const script = /^scripted\/(.+)$/.exec(model)?.[1];
  const source = script === undefined ? undefined : await scriptSource(script, run, panelFile);
  return {
    agent: memberName(member),
    model,
    profile: profiles.get(member.profile ?? 'native').name,
    settings,
    contextTokens,
    price: { model, ...price },
    ...(source ? { source } : {}),
  };
}

async function scriptSource(script: string, run: string, panelFile: string): Promise<ModelEntry['source']> {
  const file = resolve(panelFile, '..', script);
  const content = await readFile(file).catch((error: NodeJS.ErrnoException) => {
    throw new UserError('no-such-file', `cannot read ${file}: ${error.code}`, {
      hint: 'the path of scripted/FILE is relative to the panel file',
    });
  });
  return { path: relative(run, file).replaceAll('\\', '/'), digest: sha256(content) };
}

function requireSolver(name: string): void {
  const known = floorSolvers.map((solver) => solver.name);
  if (!known.includes(name))
    throw new UserError(
      'unknown-name',
      `the panel names the agent "${name}", which is no solver without a model`,
      {
        hint: `known: ${known.join(', ')}`,
      },
    );
}
