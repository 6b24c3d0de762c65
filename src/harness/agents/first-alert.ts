import { heuristic } from './heuristic.ts';
import { firedAlerts } from './signals/alerts.ts';

/** Blames what the first alert of the window is about: what came first must have caused the rest. */
export const firstAlert = heuristic({
  name: 'first-alert',
  summary: 'names the entity of the first alert that began to fire in the window',
  level: 'trivial',
  evidence: 'alerts.jsonl',
  async suspects(evidence) {
    const endMs = Date.parse(evidence.manifest.window.end);
    return (await firedAlerts(evidence))
      .filter(({ standing }) => !standing)
      .map(({ alert, entity }) => ({
        entity,
        weight: endMs - Date.parse(alert.time),
        why: `${alert.name} fires about it since ${alert.time}`,
      }));
  },
});
