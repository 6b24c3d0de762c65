import { heuristic, type Suspect } from './heuristic.ts';
import { settingsOf } from './signals/settings-of.ts';
import { worstWorkloadsOf } from './signals/worst-workloads.ts';

/** Takes the workload that fares worst and blames what configures it and little else: programs rarely break by themselves. */
export const configOfTheWorst = heuristic({
  name: 'config-of-the-worst',
  summary: 'names the ConfigMap, Secret, Service, policy or quota tied most closely to the worst workload',
  level: 'simple',
  evidence: 'objects.jsonl',
  async suspects(evidence) {
    const settings = await settingsOf(evidence);
    return [...(await worstWorkloadsOf(evidence))].flatMap(([workload, weight]) =>
      (settings.get(workload) ?? []).map(
        ({ entity, workloads }, place): Suspect => ({
          entity,
          weight: weight / workloads / (place + 1),
          why: `bears on ${workload}, which fares worst, and on ${workloads - 1} others`,
        }),
      ),
    );
  },
});
