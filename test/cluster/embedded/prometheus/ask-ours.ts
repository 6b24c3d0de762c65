import { type ApiParts, handleApi } from '../../../../src/cluster/embedded/prometheus/api.ts';
import { Engine } from '../../../../src/cluster/embedded/prometheus/engine.ts';
import { RuleManager } from '../../../../src/cluster/embedded/prometheus/rules/rule-manager.ts';
import { ScrapeManager } from '../../../../src/cluster/embedded/prometheus/scrape.ts';
import { Simulation } from '../../../../src/cluster/embedded/simulation.ts';
import { type Answer, type Question, toAnswer } from './comparison.ts';
import { dataBase, dataStartMs } from './data-set.ts';

/** Our API over the data set, closed on the left as Prometheus 2.42. */
export function ours(): (question: Question) => Answer {
  const database = dataBase();
  const engine = new Engine(database, { semantics: '2', subqueryStepMs: 60_000 });
  const simulation = new Simulation(dataStartMs);
  const parts: ApiParts = {
    engine,
    scrapes: new ScrapeManager({ simulation, database, seed: 1, intervalMs: 15_000 }),
    rules: new RuleManager({ simulation, engine, seed: 1, evaluationIntervalMs: 60_000, groups: [] }),
    scrapeIntervalMs: 15_000,
    nowMs: () => simulation.nowMs,
  };
  return (question) => toAnswer(handleApi(parts, question));
}
