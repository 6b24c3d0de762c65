import type { Aggregate } from '../scoring/aggregate.ts';
import type { Interval } from '../scoring/statistics/intervals.ts';
import { wrongKinds } from '../scoring/wrong-answers.ts';
import type { AgentResult, RunScores, SampleScore } from './run-scores.ts';
import { formatTable } from './table.ts';

/** A row per task and agent, then the results of each agent, then what was wrong and the groups of tasks. */
export function renderRunScores(scores: RunScores): string {
  const agents = [...new Set(scores.samples.map((sample) => sample.agent))];
  const byTask = Map.groupBy(scores.samples, (sample) => sample.task);
  const mean = (values: readonly number[]) =>
    values.length === 0 ? '–' : (values.reduce((a, b) => a + b, 0) / values.length).toFixed(3);
  const rows = [...byTask].map(([task, samples]) => [
    task,
    samples[0]?.score.control
      ? 'control'
      : `${(samples[0]?.score.missed.length ?? 0) + countHits(samples[0])} cause(s)`,
    ...agents.map((agent) =>
      mean(samples.filter((sample) => sample.agent === agent).map((sample) => sample.score.value)),
    ),
  ]);
  // several providers: a value for each, never one for all
  const totals = (label: string, pick: (aggregate: Aggregate) => string | undefined) => {
    const cells = agents.map((agent) =>
      scores.results
        .filter((result) => result.agent === agent)
        .map(({ aggregate }) => pick(aggregate) ?? '–')
        .join(' / '),
    );
    return cells.every((cell) => /^[– /]*$/.test(cell)) ? [] : [[label, '', ...cells]];
  };
  const number = (value: number | undefined, digits = 3) => value?.toFixed(digits);
  const wrong = wrongKinds.flatMap((kind) =>
    scores.results.some(({ aggregate }) => aggregate.wrong[kind] > 0)
      ? totals(`  ${kind.replaceAll('-', ' ')}`, ({ wrong }) => String(wrong[kind]))
      : [],
  );
  const table = formatTable(
    ['task', 'truth', ...agents],
    [
      ...rows,
      ...totals('score (tasks with causes)', ({ score }) => number(score)),
      ...totals('  95 % interval', ({ scoreEstimate }) => showInterval(scoreEstimate?.interval)),
      ...totals('  recall', ({ recall }) => number(recall)),
      ...totals('  precision', ({ precision }) => number(precision)),
      ...passRows(scores, totals),
      ...totals('false alarms (controls)', ({ falseAlarmRate }) => number(falseAlarmRate)),
      ...totals('  95 % interval', ({ falseAlarmEstimate }) => showInterval(falseAlarmEstimate?.interval)),
      ...totals('turns', ({ effort }) => number(effort.turns?.mean, 1)),
      ...totals('tokens', ({ effort }) => number(effort.tokens?.mean, 0)),
      ...totals('cost in $', ({ effort }) => number(effort.costUsd?.mean)),
      ...totals('seconds', ({ effort }) => number((effort.elapsedMs?.mean ?? 0) / 1000, 1)),
      ...(wrong.length === 0 ? [] : [['wrong answers, of samples with causes']]),
      ...wrong,
    ],
  );
  const warning = scores.isolated ? '' : 'NOT ISOLATED: the agents could reach this machine; never ranked\n';
  return `${warning}${table}${groups(scores.results)}`;
}

/** `0.12–0.34`. */
export function showInterval(interval: Interval | undefined): string | undefined {
  return interval && `${interval[0].toFixed(2)}–${interval[1].toFixed(2)}`;
}

function passRows(
  scores: RunScores,
  totals: (label: string, pick: (aggregate: Aggregate) => string | undefined) => string[][],
): string[][] {
  const most = Math.max(1, ...scores.results.flatMap(({ aggregate }) => aggregate.passes.map(({ k }) => k)));
  const at = (k: number, pick: 'any' | 'all') => (aggregate: Aggregate) =>
    aggregate.passes.find((entry) => entry.k === k)?.[pick].toFixed(3);
  return [
    ...totals('  solved (score 1)', ({ passRate }) => passRate?.value.toFixed(3)),
    ...(most > 1
      ? [...totals(`  pass@${most}`, at(most, 'any')), ...totals(`  pass^${most}`, at(most, 'all'))]
      : []),
  ];
}

/** By split, application and category, where there is more than one of them; tags are in `scores.json`. */
function groups(results: readonly AgentResult[]): string {
  const rows = results.flatMap(({ agent, provider, by, splitGap }) => [
    ...Object.entries(by).flatMap(([dimension, values]) =>
      values.length < 2 || dimension === 'tag'
        ? []
        : values.map(({ value, aggregate: { score, scoreEstimate, tasks, falseAlarmRate, controls } }) => [
            agent,
            provider,
            dimension,
            value,
            String(tasks + controls),
            score?.toFixed(3) ?? '–',
            showInterval(scoreEstimate?.interval) ?? '–',
            falseAlarmRate?.toFixed(3) ?? '–',
          ]),
    ),
    ...(splitGap
      ? [
          [
            agent,
            provider,
            'split',
            'public − held-out',
            '',
            splitGap.difference.toFixed(3),
            splitGap.interval ? splitGap.interval.map((bound) => bound.toFixed(2)).join(' to ') : '–',
          ],
        ]
      : []),
  ]);
  if (rows.length === 0) return '';
  return `\n${formatTable(['agent', 'provider', 'by', 'value', 'tasks', 'score', '95 % interval', 'false alarms'], rows)}`;
}

function countHits(sample: SampleScore | undefined): number {
  return new Set(
    sample?.score.verdicts.filter((verdict) => verdict.truePositive).map((verdict) => verdict.entity),
  ).size;
}
