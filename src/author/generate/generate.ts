import { rm } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { atomicWrite } from '../../base/atomic-write.ts';
import { type Diagnostic, formatDiagnostic } from '../../base/diagnostics.ts';
import { subjectOf } from '../../fault/operations.ts';
import { planScenario } from '../../fault/planner.ts';
import { readPrivate } from '../../snapshot/private/truth.ts';
import { planTiming } from '../../spec/apply-timing.ts';
import { checkScenarioForm } from '../../spec/load-scenario.ts';
import type { Operation } from '../../spec/plan.ts';
import type { BuildOutcome } from '../build-pool.ts';
import { type ApplicationCache, checkLoadedScenario } from '../check-scenario.ts';
import type { CheckedTemplate } from './check-template.ts';
import { type Choice, candidates, describeChoice, sizeOf } from './choices.ts';
import { type Fingerprint, nearDuplicate, plannedFingerprint, shownFingerprint } from './fingerprint.ts';
import type { GenerationRecord, TriedVariant } from './record.ts';
import { identify, type VariantIdentity, variantDocument, variantText } from './variant.ts';
import type { Refusal, VariantGates } from './variant-gates.ts';

export interface GenerateOptions {
  readonly template: CheckedTemplate;
  /** What was tried before; it goes on from there. */
  readonly record: GenerationRecord;
  /** How many are wanted, those kept before included. */
  readonly count: number;
  /** Variants tried at most, those tried before included. */
  readonly attempts: number;
  /** Folder of the scenario files. */
  readonly out: string;
  /** Folder of the bundles. */
  readonly bundles: string;
  /** Tasks there are already. */
  readonly against: readonly Fingerprint[];
  /** How many are built at a time; the result is the same for every number. */
  readonly jobs: number;
  readonly build: (
    jobs: readonly { readonly scenario: string; readonly seed: string }[],
  ) => Promise<readonly BuildOutcome[]>;
  readonly gates: VariantGates;
  /** Called for each variant that was decided, in order; the record is to be saved now. */
  readonly onTried: (variant: TriedVariant, record: GenerationRecord) => Promise<void>;
  readonly signal?: AbortSignal;
}

/** How it ended. `exhausted`: no more variants to try, or none allowed; `interrupted`: go on with the record. */
export interface Generation {
  readonly record: GenerationRecord;
  readonly end: 'enough' | 'exhausted' | 'interrupted';
  /** Variants the template has in all. */
  readonly space: number;
}

/** A variant that may be one: valid, and not planned like another. */
interface Candidate {
  readonly tried: TriedVariant;
  readonly identity: VariantIdentity;
  readonly text: string;
  readonly planned: Fingerprint;
}

/**
 * Tries variants in the order that template and seed give until enough are kept: validate, compare plans, build with
 * proof, compare what was shown, gates. Decides strictly in that order, so that a build that ran beside another one never
 * changes what is kept.
 */
export async function generate(options: GenerateOptions): Promise<Generation> {
  const { template, count, attempts, signal } = options;
  const cache: ApplicationCache = new Map();
  const space = sizeOf(template.space);
  let record = options.record;
  const kept = await fingerprintsOf(options, record);
  const remaining = fromOrdinal(
    candidates(template.space, record.seed),
    record.variants.length,
    Math.min(attempts, space),
  );
  const add = async (variant: TriedVariant) => {
    record = { ...record, variants: [...record.variants, variant] };
    await options.onTried(variant, record);
  };
  const end = (how: Generation['end']): Generation => ({ record, end: how, space });

  for (;;) {
    if (kept.length >= count) return end('enough');
    const batch: (Candidate | TriedVariant)[] = [];
    while (batch.filter(isCandidate).length < Math.min(options.jobs, count - kept.length)) {
      const next = remaining.next();
      if (next.done) break;
      batch.push(await prepare(options, next.value.choices, next.value.ordinal, cache));
    }
    if (batch.length === 0) return end('exhausted');
    if (signal?.aborted) return end('interrupted');

    const wanted = batch
      .filter(isCandidate)
      .filter(({ planned }) => planTwin(options, planned, kept) === undefined);
    const outcomes = await buildCandidates(options, wanted);
    for (const one of batch) {
      const outcome = isCandidate(one) ? outcomes.get(one) : undefined;
      // what was built ahead of its turn and is not wanted any more was never tried
      if (kept.length >= count) {
        if (isCandidate(one)) await discard(options, one, outcome);
        continue;
      }
      if (!isCandidate(one)) {
        await add(one);
        continue;
      }
      const decision = await decide(options, one, outcome, kept);
      if (decision === 'interrupted') {
        for (const rest of batch.slice(batch.indexOf(one)))
          if (isCandidate(rest)) await discard(options, rest, outcomes.get(rest));
        return end('interrupted');
      }
      if ('gate' in decision) {
        await discard(options, one, outcome);
        await add({ ...one.tried, ...taskOf(outcome), refusedBy: decision.gate, why: [...decision.why] });
      } else {
        kept.push(decision);
        await add({ ...one.tried, ...taskOf(outcome) });
      }
    }
  }
}

/** Asks the gates that look at a whole suite; those refused are taken back. */
export async function judgeSuite(
  options: Pick<GenerateOptions, 'gates' | 'out' | 'bundles'>,
  record: GenerationRecord,
): Promise<GenerationRecord> {
  let current = record;
  for (;;) {
    const kept = current.variants.filter(isKept);
    const bundles = new Map(kept.map((variant) => [join(options.bundles, variant.task ?? ''), variant]));
    const refusals = await options.gates.judgeTogether([...bundles.keys()]);
    if (refusals.size === 0) return current;
    const refused = new Map(
      [...refusals].flatMap(([bundle, refusal]) => {
        const variant = bundles.get(bundle);
        return variant === undefined ? [] : [[variant.name, refusal] as const];
      }),
    );
    for (const { name, task } of kept) if (refused.has(name)) await remove(options, name, task);
    current = {
      ...current,
      variants: current.variants.map((variant) => {
        const refusal = refused.get(variant.name);
        return refusal === undefined || !isKept(variant)
          ? variant
          : { ...variant, refusedBy: refusal.gate, why: [...refusal.why] };
      }),
    };
    if (refused.size === 0) return current;
  }
}

/** Whether a variant that was tried is one of the result. */
export function isKept({ refusedBy }: TriedVariant): boolean {
  return refusedBy === undefined;
}

/** Takes a variant's scenario file and bundle away. */
export async function remove(
  { out, bundles }: Pick<GenerateOptions, 'out' | 'bundles'>,
  name: string,
  task: string | undefined,
): Promise<void> {
  await rm(join(out, `${name}.yaml`), { force: true });
  if (task !== undefined) await rm(join(bundles, task), { recursive: true, force: true });
}

async function prepare(
  { template, record }: GenerateOptions,
  choices: readonly Choice[],
  ordinal: number,
  cache: ApplicationCache,
): Promise<Candidate | TriedVariant> {
  const identity = identify(template.template, record.seed, ordinal, record.isHeldOut);
  const tried: TriedVariant = {
    ordinal,
    name: identity.name,
    choices: choices.map(describeChoice),
    ...(identity.isHeldOut ? { seed: identity.seed } : {}),
  };
  const document = variantDocument(template.template, template.source, choices, identity);
  const formed = checkScenarioForm(document);
  const checked = formed.ok ? await checkLoadedScenario(formed.value, template.path, cache) : formed;
  const plan = checked.ok
    ? planScenario(checked.value.scenario, checked.value.application, {
        seed: identity.seed,
        startMs: 0,
        provider: checked.value.profile.provider,
        timing: planTiming(checked.value.profile),
        locate: document.locate,
      })
    : undefined;
  const errors = [...checked.diagnostics, ...(plan?.diagnostics ?? [])].filter(
    ({ severity }) => severity === 'error',
  );
  if (!checked.ok || !plan?.ok)
    return {
      ...tried,
      refusedBy: 'validate',
      why: errors.map((error) => formatDiagnostic(byFileName(error))),
    };
  const both = innocentCauses(plan.value.operations);
  if (both.length > 0)
    return {
      ...tried,
      refusedBy: 'validate',
      why: both.map((name) => `${name} is a cause and a distractor`),
    };
  return {
    tried,
    identity,
    text: variantText(document.value, basename(template.path), choices),
    planned: plannedFingerprint(identity.name, checked.value.scenario, plan.value),
  };
}

/** Objects that a fault and a distractor change: the truth would call them guilty and innocent. */
function innocentCauses(operations: readonly Operation[]): readonly string[] {
  const subjects = (of: (operation: Operation) => boolean) =>
    new Set(operations.filter(of).map(({ action }) => subjectOf(action)));
  const causes = subjects(({ role }) => role === 'cause');
  return [...subjects(({ origin }) => origin.type === 'distractor')].filter((name) => causes.has(name));
}

/** The record is kept beside the variants, and read on other machines. */
function byFileName(diagnostic: Diagnostic): Diagnostic {
  return { ...diagnostic, location: { ...diagnostic.location, file: basename(diagnostic.location.file) } };
}

/** One that is planned the same: of what was kept so far exactly the same, of what is there already nearly so. */
function planTwin(
  { template, against, record }: GenerateOptions,
  planned: Fingerprint,
  kept: readonly Fingerprint[],
): Refusal | undefined {
  const threshold = similarityOf(template);
  // what is built is compared by what it shows, which says more
  const found =
    nearDuplicate(planned, kept, threshold, record.isDraft ? threshold : 1) ??
    nearDuplicate(planned, against, threshold);
  return found && duplicateOf(found, 'is planned like');
}

async function buildCandidates(
  { out, build, record }: GenerateOptions,
  wanted: readonly Candidate[],
): Promise<ReadonlyMap<Candidate, BuildOutcome>> {
  for (const { identity, text } of wanted) await atomicWrite(join(out, `${identity.name}.yaml`), text);
  if (record.isDraft || wanted.length === 0) return new Map();
  const outcomes = await build(
    wanted.map(({ identity }) => ({ scenario: join(out, `${identity.name}.yaml`), seed: identity.seed })),
  );
  return new Map(wanted.flatMap((one, index) => (outcomes[index] ? [[one, outcomes[index]] as const] : [])));
}

async function decide(
  options: GenerateOptions,
  candidate: Candidate,
  outcome: BuildOutcome | undefined,
  kept: readonly Fingerprint[],
): Promise<Fingerprint | Refusal | 'interrupted'> {
  // one that was kept from the same batch counts as well
  const twin = planTwin(options, candidate.planned, kept);
  if (twin !== undefined) return twin;
  if (options.record.isDraft) return candidate.planned;
  if (outcome === undefined || outcome.status === 'interrupted') return 'interrupted';
  if (outcome.status === 'crashed') return { gate: 'build', why: [outcome.message] };
  if (outcome.status === 'failed') return { gate: outcome.code, why: outcome.message.split('\n') };
  const shown = shownFingerprint(candidate.identity.name, await readPrivate(outcome.directory));
  const fingerprint = { ...candidate.planned, ...shown };
  const similar = nearDuplicate(fingerprint, [...kept, ...options.against], similarityOf(options.template));
  if (similar !== undefined) return duplicateOf(similar, 'shows what is shown by');
  return (await options.gates.judge(outcome.directory)) ?? fingerprint;
}

async function discard(
  options: GenerateOptions,
  { identity }: Candidate,
  outcome: BuildOutcome | undefined,
): Promise<void> {
  await remove(options, identity.name, taskOf(outcome).task);
}

function duplicateOf(
  { other, similarity }: { readonly other: Fingerprint; readonly similarity: number },
  how: string,
): Refusal {
  const what = other.mechanisms.length === 0 ? 'a control as well' : 'the same mechanism and target';
  return {
    gate: 'near-duplicate',
    why: [`${how} ${other.of}: ${what}, ${Math.round(similarity * 100)} % alike`],
  };
}

/** What was kept before, from its bundles, or from its scenario files where none were built. */
async function fingerprintsOf(options: GenerateOptions, record: GenerationRecord): Promise<Fingerprint[]> {
  const found: Fingerprint[] = [];
  const cache: ApplicationCache = new Map();
  const all = candidates(options.template.space, record.seed);
  for (const variant of record.variants) {
    const { value: choices } = all.next();
    if (!isKept(variant) || choices === undefined) continue;
    const again = await prepare(options, choices, variant.ordinal, cache);
    if (!isCandidate(again)) continue;
    const shown =
      variant.task === undefined
        ? {}
        : shownFingerprint(variant.name, await readPrivate(join(options.bundles, variant.task)));
    found.push({ ...again.planned, ...shown });
  }
  return found;
}

function* fromOrdinal(
  all: Generator<readonly Choice[]>,
  first: number,
  end: number,
): Generator<{ readonly choices: readonly Choice[]; readonly ordinal: number }> {
  let ordinal = 0;
  for (const choices of all) {
    if (ordinal >= end) return;
    if (ordinal >= first) yield { choices, ordinal };
    ordinal++;
  }
}

function similarityOf({ template }: CheckedTemplate): number {
  return template.similarity ?? 0.8;
}

function taskOf(outcome: BuildOutcome | undefined): { task?: string } {
  return outcome?.status === 'built' ? { task: outcome.task } : {};
}

function isCandidate(one: Candidate | TriedVariant): one is Candidate {
  return 'tried' in one;
}
