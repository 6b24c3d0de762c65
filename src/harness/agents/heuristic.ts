import { byCodeUnit } from '../../base/order.ts';
import { hash32, key } from '../../base/random.ts';
import type { PublicBundle } from '../../snapshot/public-reader.ts';
import type { Agent } from '../agent.ts';
import { answerFile } from '../answer.ts';

/** An entity a heuristic would blame. */
export interface Suspect {
  readonly entity: string;
  /** How much speaks for it; comparable within one heuristic only. */
  readonly weight: number;
  readonly why: string;
}

/**
 * How much thought a heuristic takes. `trivial`: one look at one file; a task that such a look solves measures nothing.
 * `simple`: compares or follows something, as a person with a dashboard does. `chance`: not even a look.
 */
export type HeuristicLevel = 'trivial' | 'simple' | 'chance';

/** What heuristics are made of. */
export interface HeuristicParts {
  readonly name: string;
  readonly summary: string;
  readonly level: HeuristicLevel;
  /** The file it looks at. */
  readonly evidence: string;
  /** Whom it suspects, in any order; undefined when it has no opinion, which is no answer. */
  suspects(evidence: PublicBundle, randomKey: number): Promise<readonly Suspect[] | undefined>;
  /** How many of the ranked suspects it names; one unless told otherwise. */
  readonly named?: (ranked: readonly Suspect[]) => readonly Suspect[];
}

/** A solver without a model: an ordinary agent, which tells others whom it suspects. */
export interface Heuristic extends Agent {
  readonly level: HeuristicLevel;
  /** Sorted, the most suspect first; each entity once. */
  rank(evidence: PublicBundle, randomKey: number): Promise<readonly Suspect[] | undefined>;
}

/** Makes the agent: it names the first suspect, or says that nothing is at fault when there is none. */
export function heuristic(parts: HeuristicParts): Heuristic {
  const rank: Heuristic['rank'] = async (evidence, randomKey) => {
    const suspects = await parts.suspects(evidence, randomKey);
    return suspects && ranked(suspects);
  };
  return {
    name: parts.name,
    summary: parts.summary,
    level: parts.level,
    rank,
    async solve({ id, evidence }, { repeat, record }) {
      const suspects = await rank(evidence, key(hash32(id), parts.name, repeat));
      record({ type: 'note', note: { suspects: suspects?.slice(0, 10) ?? 'no opinion' } });
      if (suspects === undefined) return { submission: undefined, exitReason: 'no-answer' };
      const named = parts.named?.(suspects) ?? suspects.slice(0, 1);
      return {
        submission: answerFile(
          named.map(({ entity, why }) => ({ name: entity, reasoning: why, evidence: parts.evidence })),
        ),
        exitReason: 'submitted',
      };
    },
  };
}

/** Suspects from weights; what weighs nothing is none. */
export function suspectsOf(
  weights: Iterable<readonly [entity: string, weight: number]>,
  why: (weight: number) => string,
): readonly Suspect[] {
  return [...weights]
    .filter(([, weight]) => weight > 0)
    .map(([entity, weight]) => ({ entity, weight, why: why(weight) }));
}

/** Adds to the weight of an entity. */
export function add(weights: Map<string, number>, entity: string, weight: number): void {
  weights.set(entity, (weights.get(entity) ?? 0) + weight);
}

function ranked(suspects: readonly Suspect[]): readonly Suspect[] {
  const sorted = [...suspects].sort((a, b) => b.weight - a.weight || byCodeUnit(a.entity, b.entity));
  const seen = new Set<string>();
  return sorted.filter(({ entity }) => !seen.has(entity) && seen.add(entity));
}
