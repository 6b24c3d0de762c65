import type { Resolver } from '../entity/resolver.ts';
import type { GroundTruth } from '../spec/bundle.ts';
import { parseSubmission, type SubmissionResult } from './parse-submission.ts';

/** What two names of one entity count: once, the second as a false positive, or each as a true positive. */
export type DuplicatePolicy = 'collapse' | 'strict' | 'lenient';
export const duplicatePolicies: readonly DuplicatePolicy[] = ['collapse', 'strict', 'lenient'];

export type VerdictKind =
  | 'root-cause'
  | 'symptom'
  | 'trigger'
  | 'distractor'
  | 'unrelated'
  | 'unknown'
  | 'ambiguous'
  | 'duplicate';

/** What became of one submitted name. */
export interface Verdict {
  /** As submitted, control characters made visible. */
  readonly name: string;
  readonly kind: VerdictKind;
  /** The root cause it hits, or the entity it was resolved to. */
  readonly entity: string | undefined;
  readonly truePositive: boolean;
  /** Whether it counts in the denominator. */
  readonly counted: boolean;
  readonly explanation: string;
}

/** Average precision at full recall of one submission, with everything that led to it. */
export interface Score {
  /** 0 unless every root cause is named; else true positives over submitted entities. For a control: 1 or 0. */
  readonly value: number;
  readonly control: boolean;
  readonly valid: boolean;
  readonly problem?: string;
  readonly recall: number;
  readonly precision: number;
  readonly policy: DuplicatePolicy;
  readonly verdicts: readonly Verdict[];
  readonly missed: readonly string[];
}

/**
 * Scores one submission against the truth. Total: every input gets a score and an explanation, none throws.
 * `content` undefined means that no answer file was written: 0, also for a control.
 */
export function scoreSubmission(
  content: string | Uint8Array | undefined,
  truth: GroundTruth,
  resolver: Resolver,
  policy: DuplicatePolicy = 'collapse',
): Score {
  const control = truth.rootCauses.length === 0;
  const parsed: SubmissionResult =
    content === undefined ? { ok: false, problem: 'no answer file was written' } : parseSubmission(content);
  const base = { control, policy } as const;
  if (!parsed.ok)
    return {
      ...base,
      value: 0,
      valid: false,
      problem: parsed.problem,
      recall: 0,
      precision: 0,
      verdicts: [],
      missed: truth.rootCauses.map((cause) => cause.entity),
    };

  const known = index(truth);
  const seen = new Set<string>();
  const verdicts = parsed.submission.factors.map((factor) =>
    judgeName(factor.name, resolver, known, seen, policy),
  );
  const counted = verdicts.filter((verdict) => verdict.counted).length;
  const hits = verdicts.filter((verdict) => verdict.truePositive && verdict.counted).length;
  const named = new Set(verdicts.filter((verdict) => verdict.truePositive).map((verdict) => verdict.entity));
  const missed = truth.rootCauses.map((cause) => cause.entity).filter((entity) => !named.has(entity));
  const precision = counted === 0 ? 0 : hits / counted;
  const recall = control ? 1 : named.size / truth.rootCauses.length;
  const value = control ? (verdicts.length === 0 ? 1 : 0) : missed.length === 0 ? precision : 0;
  return { ...base, value, valid: true, recall, precision, verdicts, missed };
}

interface KnownEntity {
  readonly kind: VerdictKind;
  readonly entity: string;
}

function index(truth: GroundTruth): ReadonlyMap<string, KnownEntity> {
  const known = new Map<string, KnownEntity>();
  for (const entry of truth.distractors)
    known.set(entry.entity, { kind: 'distractor', entity: entry.entity });
  for (const entry of truth.symptoms) known.set(entry.entity, { kind: 'symptom', entity: entry.entity });
  for (const entity of truth.triggers) known.set(entity, { kind: 'trigger', entity });
  // causes last: what is accepted for a cause is a cause, whatever else it is
  for (const cause of truth.rootCauses)
    for (const name of [...cause.accepted, cause.entity])
      known.set(name, { kind: 'root-cause', entity: cause.entity });
  return known;
}

function judgeName(
  name: string,
  resolver: Resolver,
  known: ReadonlyMap<string, KnownEntity>,
  seen: Set<string>,
  policy: DuplicatePolicy,
): Verdict {
  const shown = visible(name);
  const resolution = resolver.resolve(name);
  if (resolution.status !== 'resolved')
    return {
      name: shown,
      kind: resolution.status,
      entity: undefined,
      truePositive: false,
      counted: true,
      explanation: resolution.explanation,
    };
  const match = known.get(resolution.entity);
  const entity = match?.entity ?? resolution.entity;
  const truePositive = match?.kind === 'root-cause';
  if (seen.has(entity)) {
    const explanation = `${resolution.explanation}; ${entity} was named before (${policy})`;
    if (policy === 'lenient')
      return {
        name: shown,
        kind: match?.kind ?? 'unrelated',
        entity,
        truePositive,
        counted: true,
        explanation,
      };
    return {
      name: shown,
      kind: 'duplicate',
      entity,
      truePositive: false,
      counted: policy === 'strict',
      explanation,
    };
  }
  seen.add(entity);
  const role = match === undefined ? 'not part of the incident' : meaning[match.kind];
  return {
    name: shown,
    kind: match?.kind ?? 'unrelated',
    entity,
    truePositive,
    counted: true,
    explanation: `${resolution.explanation}; ${role}`,
  };
}

const meaning: Record<VerdictKind, string> = {
  'root-cause': 'a root cause',
  symptom: 'a symptom, not a cause',
  trigger: 'changed by a trigger: undoing it alone would not end the incident',
  distractor: 'a real anomaly that is not at fault',
  unrelated: 'not part of the incident',
  unknown: 'unknown',
  ambiguous: 'ambiguous',
  duplicate: 'named before',
};

/** Text that is safe to print: control and format characters as escapes, at most 200 characters. */
export function visible(text: string): string {
  const cut = text.length > 200 ? `${text.slice(0, 200)}…` : text;
  return cut.replace(
    /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu,
    (character) => `\\u{${character.codePointAt(0)!.toString(16)}}`,
  );
}
