import { readPrivate } from '../snapshot/private/truth.ts';
import type { GroundTruth } from '../spec/bundle.ts';
import type { Operation } from '../spec/plan.ts';

/** What a report may tell an author about a task. */
export interface TaskTruth {
  readonly truth: GroundTruth;
  /** Name of the scenario the task was built from. */
  readonly scenario: string | undefined;
  readonly summary: string | undefined;
  readonly category: string | undefined;
  readonly tags: readonly string[];
  /** Start of the incident, epoch ms. */
  readonly incidentMs: number | undefined;
  readonly operations: readonly Pick<Operation, 'role' | 'summary' | 'atMs'>[];
}

/** Reads the private part as far as a report shows it. */
export async function readTaskTruth(bundle: string, identities: readonly string[] = []): Promise<TaskTruth> {
  const { groundTruth, plan, provenance } = await readPrivate(bundle, identities);
  const window = provenance['window'] as { incident?: string } | undefined;
  const scenario = provenance['scenario'] as
    | { name?: string; summary?: string; category?: string; tags?: readonly string[] }
    | undefined;
  const operations = (plan as { operations?: TaskTruth['operations'] } | undefined)?.operations ?? [];
  return {
    truth: groundTruth,
    scenario: scenario?.name,
    summary: scenario?.summary,
    category: scenario?.category,
    tags: scenario?.tags ?? [],
    incidentMs: window?.incident === undefined ? undefined : Date.parse(window.incident),
    operations,
  };
}
