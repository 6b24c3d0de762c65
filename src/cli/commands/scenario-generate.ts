import { existsSync } from 'node:fs';
import { mkdir, readFile } from 'node:fs/promises';
import { basename, dirname, join, relative, resolve } from 'node:path';
import { type CheckedTemplate, checkTemplate } from '../../author/generate/check-template.ts';
import { type Generation, generate, isKept, judgeSuite, remove } from '../../author/generate/generate.ts';
import { knownTasks } from '../../author/generate/known-tasks.ts';
import { type GenerationRecord, readRecord, writeRecord } from '../../author/generate/record.ts';
import { suiteText } from '../../author/generate/suite-text.ts';
import { type LockedTask, readLock, updateLock } from '../../author/lock-file.ts';
import { newSeed } from '../../author/seed.ts';
import { atomicWrite } from '../../base/atomic-write.ts';
import { exitCodes, UserError } from '../../base/errors.ts';
import { sha256 } from '../../base/hash.ts';
import { buildTasks } from '../../gate/build/build-tasks.ts';
import { variantGates } from '../../gate/variants/variant-gates.ts';
import { readManifest } from '../../snapshot/public-reader.ts';
import { requireValid } from '../../spec/diagnostics-error.ts';
import { packageVersion } from '../../spec/package-version.ts';
import type { Command } from '../io.ts';
import { ProgressLine } from '../progress-line.ts';
import { displayPath } from '../render-diagnostics.ts';
import { formatTable } from '../table.ts';
import { workspaceRoot } from '../workspace-root.ts';

interface ScenarioGenerateOptions {
  readonly template: string;
  readonly out?: string;
  readonly bundles?: string;
  readonly count?: string;
  readonly seed?: string;
  readonly attempts?: string;
  readonly against?: readonly string[];
  readonly jobs?: string;
  readonly draft?: boolean;
  readonly heldOut?: boolean;
  readonly restart?: boolean;
}

/** `culprit scenario generate TEMPLATE`: variants that pass the gates, and for each of the others why it did not. */
export const scenarioGenerate: Command<ScenarioGenerateOptions> = async (options, io) => {
  const template = requireValid(await checkTemplate(resolve(io.cwd, options.template)));
  const { out, bundles } = foldersOf(template, options, io.cwd);
  const record = await recordFor(template, options, out, bundles);
  const count = whole('--count', options.count) ?? template.template.count;
  const attempts = whole('--attempts', options.attempts) ?? template.template.attempts ?? 10 + 4 * count;
  const against = await knownTasks((options.against ?? []).map((path) => resolve(io.cwd, path)));
  // seeds of held-out variants lie there
  await mkdir(out, { recursive: true, ...(options.heldOut ? { mode: 0o700 } : {}) });

  const progress = new ProgressLine(io.stderr, options.quiet);
  const gates = variantGates(template.template.floor ?? 'trivial', io.signal);
  const made = await generate({
    template,
    record,
    count,
    attempts,
    out,
    bundles,
    against,
    jobs: whole('--jobs', options.jobs) ?? 1,
    gates,
    build: (jobs) =>
      buildTasks(
        // what held-out variants name lies where their template does
        jobs.map((job) => ({ ...job, out: bundles, lookUpFrom: template.path })),
        {
          jobs: jobs.length,
          signal: io.signal,
          onProgress: ({ scenario, step, done }) =>
            progress.update(`${basename(scenario, '.yaml')} ${step} ${Math.round(done * 100)}%`),
        },
      ),
    onTried: async (variant, now) => {
      await writeRecord(out, now);
      const kept = now.variants.filter(isKept).length;
      progress.note(
        isKept(variant)
          ? `${kept}/${count} kept ${variant.name}`
          : `${kept}/${count} refused ${variant.name} by ${variant.refusedBy}: ${variant.why?.[0] ?? ''}`,
      );
    },
    signal: io.signal,
  });
  progress.clear();
  const generation = await finish(made, options, { out, bundles, template, gates });
  render(generation, options.json, count, { out, bundles, cwd: io.cwd }, io.stdout, io.stderr);
  if (generation.end === 'interrupted') return exitCodes.interrupted;
  return generation.record.variants.filter(isKept).length >= count ? exitCodes.ok : exitCodes.failed;
};

/** The rules across tasks, and the suite file. */
async function finish(
  made: Generation,
  options: ScenarioGenerateOptions,
  where: {
    readonly out: string;
    readonly bundles: string;
    readonly template: CheckedTemplate;
    readonly gates: ReturnType<typeof variantGates>;
  },
): Promise<Generation> {
  if (made.end === 'interrupted') return made;
  const record = options.draft ? made.record : await judgeSuite(where, made.record);
  await writeRecord(where.out, record);
  const kept = record.variants.filter(isKept);
  if (kept.length > 0)
    await atomicWrite(join(where.out, 'suite.yaml'), suiteText(where.template.template, kept));
  if (!options.draft) await lockVariants(where, record);
  return { ...made, record };
}

/** Digests of what is kept, so that `regenerate` can show that it is built again as it was. */
async function lockVariants(
  { out, bundles }: { readonly out: string; readonly bundles: string },
  { variants, isHeldOut }: GenerationRecord,
): Promise<void> {
  const entries: LockedTask[] = [];
  for (const { name, task } of variants.filter(isKept)) {
    if (task === undefined) continue;
    const manifest = join(bundles, task, 'manifest.json');
    const { provider } = await readManifest(join(bundles, task));
    entries.push({
      task,
      // of a held-out task the id and the digest are told, and nothing else
      ...(isHeldOut
        ? {}
        : { scenario: relative(bundles, join(out, `${name}.yaml`)).replaceAll('\\', '/'), provider }),
      digest: sha256(await readFile(manifest)),
    });
  }
  const gone = variants.flatMap((variant) => (isKept(variant) ? [] : (variant.task ?? [])));
  if (entries.length > 0) await updateLock(bundles, await packageVersion(), entries, gone);
}

function foldersOf(
  { path, template }: CheckedTemplate,
  options: ScenarioGenerateOptions,
  cwd: string,
): { readonly out: string; readonly bundles: string } {
  const { name } = template.metadata;
  if (options.heldOut && options.out === undefined)
    throw new UserError('held-out-place', 'held-out variants need --out: a folder outside of the repository');
  const out = resolve(cwd, options.out ?? join(workspaceRoot(dirname(path)), 'out', 'generated', name));
  const bundles = resolve(cwd, options.bundles ?? join(out, 'bundles'));
  if (options.heldOut)
    for (const folder of [out, bundles]) {
      const repository = repositoryOf(folder);
      if (repository !== undefined)
        throw new UserError(
          'held-out-place',
          `${displayPath(folder, cwd)} is inside the repository ${repository}`,
          {
            hint: 'what is committed once is public for ever: choose a folder outside',
          },
        );
    }
  return { out, bundles };
}

/** The nearest folder upward that git or another tool keeps the history of. */
function repositoryOf(folder: string): string | undefined {
  for (let current = folder; ; current = dirname(current)) {
    if (['.git', '.hg', '.svn', '.jj'].some((name) => existsSync(join(current, name)))) return current;
    if (dirname(current) === current) return undefined;
  }
}

/** The record to go on with, or a new one. */
async function recordFor(
  { path, template, digest }: CheckedTemplate,
  options: ScenarioGenerateOptions,
  out: string,
  bundles: string,
): Promise<GenerationRecord> {
  if (options.seed !== undefined && !/^[0-9a-f]{32}$/.test(options.seed))
    throw new UserError('seed', `--seed takes 32 hex digits, not "${options.seed}"`);
  if (options.heldOut && options.seed !== undefined)
    throw new UserError(
      'held-out-seed',
      '--seed does not go with --held-out: what can be guessed is not held out',
    );
  const before = await readRecord(out);
  const isDraft = options.draft ?? false;
  const isHeldOut = options.heldOut ?? false;
  if (before !== undefined && !options.restart) {
    const differs = [
      ...(before.digest === digest ? [] : ['the template has changed']),
      ...(before.isDraft === isDraft ? [] : [before.isDraft ? 'it was a draft' : 'it was no draft']),
      ...(before.isHeldOut === isHeldOut ? [] : ['--held-out']),
      ...(options.seed === undefined || before.seed === options.seed ? [] : ['another seed']),
    ];
    if (differs.length === 0) return before;
    throw new UserError('generation-differs', `${out} was begun differently: ${differs.join(', ')}`, {
      hint: 'begin anew with --restart, which removes what was kept, or choose another folder with --out',
    });
  }
  for (const { name, task } of before?.variants ?? []) await remove({ out, bundles }, name, task);
  if ((await readLock(bundles)) !== undefined) {
    const gone = before?.variants.flatMap(({ task }) => task ?? []);
    await updateLock(bundles, await packageVersion(), [], gone);
  }
  return {
    apiVersion: 'culprit.dev/v1',
    kind: 'Generation',
    template: basename(path),
    digest,
    // of held-out variants nothing must follow from what is in the repository
    seed: options.seed ?? (isHeldOut ? newSeed() : (template.seed ?? newSeed())),
    isDraft,
    isHeldOut,
    variants: [],
  };
}

function whole(option: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const number = Number(text);
  if (!Number.isInteger(number) || number < 1 || number > 100_000)
    throw new UserError('number', `${option} takes a whole number from 1 on, not "${text}"`);
  return number;
}

function render(
  { record, end, space }: Generation,
  json: boolean,
  count: number,
  where: { readonly out: string; readonly bundles: string; readonly cwd: string },
  stdout: { write(text: string): unknown },
  stderr: { write(text: string): unknown },
): void {
  const kept = record.variants.filter(isKept);
  const out = displayPath(where.out, where.cwd);
  const bundles = displayPath(where.bundles, where.cwd);
  if (json) {
    const { variants } = record;
    const shown = record.isHeldOut ? variants.map(({ seed: _, ...rest }) => rest) : variants;
    stdout.write(
      `${JSON.stringify({ end, wanted: count, kept: kept.length, space, out, bundles, variants: shown }, undefined, 2)}\n`,
    );
    return;
  }
  stdout.write(
    formatTable(
      ['variant', 'result', 'task', 'choices'],
      record.variants.map(({ name, task, refusedBy, choices }) => [
        name,
        refusedBy === undefined ? 'kept' : `refused: ${refusedBy}`,
        refusedBy === undefined ? (task ?? '') : '',
        choices.join('; '),
      ]),
    ),
  );
  for (const { name, refusedBy, why } of record.variants)
    if (refusedBy !== undefined)
      stdout.write(`\n${name} (${refusedBy})\n${(why ?? []).map((line) => `  ${line}\n`).join('')}`);
  const tried = `${record.variants.length} tried of ${space} there are`;
  if (end === 'exhausted')
    stderr.write(`${kept.length} of ${count} kept, ${tried}: add alternatives, or raise "attempts"\n`);
  else if (end === 'interrupted') stderr.write('interrupted; the same command goes on\n');
  else stderr.write(`${kept.length} kept in ${out}, ${tried}\n`);
}
