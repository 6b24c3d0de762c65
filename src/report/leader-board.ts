import { byCodeUnit, byText } from '../base/order.ts';
import type { Aggregate } from '../scoring/aggregate.ts';
import type { Estimate } from '../scoring/estimate.ts';
import { wrongKinds } from '../scoring/wrong-answers.ts';
import { html, type Markup, raw } from './html.ts';
import type { ReportData, ReportRow } from './report-data.ts';
import { scatter } from './scatter.ts';

/** Results by provider: the board, score against turns and cost, wrong answers, groups of tasks. */
export function leaderBoards(data: ReportData): Markup {
  const providers = [...new Set(data.rows.map(({ provider }) => provider))].sort(byCodeUnit);
  return html`${providers.map((provider) => {
    const rows = inOrder(data.rows.filter((row) => row.provider === provider));
    const name = namer(data);
    return html`<h2>Leader board: ${provider}</h2>
${board(rows, name)}
${plots(rows, name)}
<h3>What is wrong with answers</h3>
${wrongAnswers(rows, name)}
${groups(rows, name)}`;
  })}`;
}

type Namer = (row: Pick<ReportRow, 'agent' | 'run'>) => string;

/** An agent's name, with its run where that is needed. */
export function namer(data: Pick<ReportData, 'runs'>): Namer {
  return ({ agent, run }) => (data.runs.length > 1 ? `${agent} (${run})` : agent);
}

function inOrder(rows: readonly ReportRow[]): ReportRow[] {
  const byName = byText<ReportRow>(
    ({ agent }) => agent,
    ({ run }) => run,
  );
  return [...rows].sort(
    (a, b) =>
      Number(a.unranked !== undefined) - Number(b.unranked !== undefined) ||
      (b.aggregate.score ?? -1) - (a.aggregate.score ?? -1) ||
      byName(a, b),
  );
}

function board(rows: readonly ReportRow[], name: Namer): Markup {
  const ranked = rows.filter(({ unranked }) => unranked === undefined);
  const rank = ({ aggregate, unranked }: ReportRow) =>
    unranked === undefined
      ? String(1 + ranked.filter((other) => (other.aggregate.score ?? -1) > (aggregate.score ?? -1)).length)
      : '–';
  // what every row has
  const most = Math.min(...rows.map(({ aggregate }) => aggregate.passes.length));
  const pass = (aggregate: Aggregate, pick: 'any' | 'all') =>
    number(aggregate.passes.find(({ k }) => k === most)?.[pick]);
  const sizes = new Set(rows.map(({ aggregate: { tasks, controls } }) => `${tasks} ${controls}`));
  return html`<div class="scroll"><table class="board"><tr><th>#</th><th>agent</th><th class="number">score</th><th>95 % interval</th><th></th><th>behind the first</th><th class="number">solved</th>${
    most > 1 && html`<th class="number">pass@${most}</th><th class="number">pass^${most}</th>`
  }<th class="number">recall</th><th class="number">precision</th><th>false alarms</th><th class="number">turns</th><th class="number">tokens</th><th class="number">cost</th><th class="number">time</th><th class="number">tasks</th></tr>${rows.map(
    (row) => {
      const { aggregate, unranked, behind } = row;
      const { effort } = aggregate;
      return html`<tr class="${unranked ? 'soft' : ''}"><td class="number">${rank(row)}</td><td>${name(row)}${unranked && html` <span class="tag ${unranked === 'reference' ? '' : 'bad'}">${unranked}</span>`}</td><td class="number">${number(aggregate.score)}</td><td>${range(aggregate.scoreEstimate)}</td><td>${bar(aggregate.scoreEstimate)}</td><td>${behind ? html`${signed(behind.difference)} ${behind.interval && `(${behind.interval.map(signed).join(' to ')})`}` : ''}</td><td class="number">${number(aggregate.passRate?.value)}</td>${
        most > 1 &&
        html`<td class="number">${pass(aggregate, 'any')}</td><td class="number">${pass(aggregate, 'all')}</td>`
      }<td class="number">${number(aggregate.recall)}</td><td class="number">${number(aggregate.precision)}</td><td>${number(aggregate.falseAlarmRate)} ${range(aggregate.falseAlarmEstimate)}</td><td class="number">${number(effort.turns?.mean, 1)}</td><td class="number">${number(effort.tokens?.mean, 0)}</td><td class="number">${effort.costUsd && `$${effort.costUsd.mean.toFixed(3)}`}</td><td class="number">${effort.elapsedMs && `${(effort.elapsedMs.mean / 1000).toFixed(1)} s`}</td><td class="number">${aggregate.tasks} + ${aggregate.controls}</td></tr>`;
    },
  )}</table></div>
<p class="lead">Score: average precision at full recall, mean over repeats, then tasks with causes. Tasks of one family (faults and targets) are counted as alike: the interval is Student’s with errors clustered by family, or Wilson’s over families where these are few. Behind the first: paired by task. False alarms: share of control tasks not answered with an empty list. Turns, tokens, cost and time are means of a sample. Tasks: with causes + controls.</p>${
    sizes.size > 1 &&
    html`<p class="bad">Not all rows are about the same number of tasks: mind this before comparing them.</p>`
  }`;
}

function plots(rows: readonly ReportRow[], name: Namer): Markup {
  const points = (kind: 'turns' | 'costUsd') =>
    rows.flatMap((row) => {
      const { scoreEstimate, effort } = row.aggregate;
      const x = effort[kind]?.mean;
      if (!scoreEstimate || x === undefined) return [];
      const { value: y, interval } = scoreEstimate;
      return [{ label: name(row), x, y, interval, isPale: row.unranked !== undefined }];
    });
  const [turns, cost] = [points('turns'), points('costUsd')];
  const turnsText = (x: number) => String(Number(x.toPrecision(3)));
  return html`<div class="plots">${turns.length > 0 && html`<div><h3>Score against turns</h3>${scatter(turns, 'turns a sample', turnsText)}</div>`}${
    cost.length > 0 &&
    html`<div><h3>Score against cost</h3>${scatter(cost, 'cost of a sample', (x) => `$${Number(x.toPrecision(3))}`)}</div>`
  }</div>`;
}

function wrongAnswers(rows: readonly ReportRow[], name: Namer): Markup {
  return html`<div class="scroll"><table><tr><th>agent</th>${wrongKinds.map((kind) => html`<th class="number">${kind.replaceAll('-', ' ')}</th>`)}</tr>${rows.map(
    (row) =>
      html`<tr><td>${name(row)}</td>${wrongKinds.map((kind) => html`<td class="number">${row.aggregate.wrong[kind]}</td>`)}</tr>`,
  )}</table></div><p class="lead">Samples of tasks with causes; one may be wrong in several ways. Trigger: an object that only set the failure off.</p>`;
}

/** By split, application, category and tag: a table each where there is more than one. */
function groups(rows: readonly ReportRow[], name: Namer): Markup {
  const dimensions = [...new Set(rows.flatMap(({ by }) => Object.keys(by)))];
  return html`${dimensions.flatMap((dimension) => {
    const values = [
      ...new Set(rows.flatMap(({ by }) => (by[dimension] ?? []).map(({ value }) => value))),
    ].sort(byCodeUnit);
    if (values.length < 2) return [];
    const cell = (row: ReportRow, value: string) => {
      const found = row.by[dimension]?.find((entry) => entry.value === value)?.aggregate;
      if (!found) return html`<td></td>`;
      const alarms =
        found.falseAlarmRate !== undefined &&
        html` <span class="soft">false alarms ${number(found.falseAlarmRate)}</span>`;
      return html`<td>${number(found.score)} <span class="soft">${range(found.scoreEstimate)}</span>${alarms}</td>`;
    };
    const gaps = dimension === 'split' && rows.some(({ splitGap }) => splitGap);
    return [
      html`<h3>By ${dimension}</h3><div class="scroll"><table><tr><th>agent</th>${values.map((value) => html`<th>${value}</th>`)}${gaps && html`<th>public − held-out</th>`}</tr>${rows.map(
        (row) =>
          html`<tr><td>${name(row)}</td>${values.map((value) => cell(row, value))}${gaps && html`<td>${row.splitGap && signed(row.splitGap.difference)} ${row.splitGap?.interval && `(${row.splitGap.interval.map(signed).join(' to ')})`}</td>`}</tr>`,
      )}</table></div>`,
    ];
  })}`;
}

/** The interval as a line with the score on it, from 0 to 1. */
function bar(estimate: Estimate | undefined): Markup | undefined {
  if (!estimate) return undefined;
  const x = (share: number) => (4 + share * 112).toFixed(1);
  const [low, high] = estimate.interval;
  return raw(
    `<svg viewBox="0 0 120 12" width="120" height="12" aria-hidden="true"><line x1="4" x2="116" y1="6" y2="6" stroke="var(--line)"/><line x1="${x(low)}" x2="${x(high)}" y1="6" y2="6" stroke="var(--blue)" stroke-width="3" stroke-opacity=".5"/><circle cx="${x(estimate.value)}" cy="6" r="4" fill="var(--blue)"/></svg>`,
  );
}

function number(value: number | undefined, digits = 3): string {
  return value === undefined ? '–' : value.toFixed(digits);
}

function range(estimate: Estimate | undefined): string {
  return estimate ? `${estimate.interval[0].toFixed(2)}–${estimate.interval[1].toFixed(2)}` : '';
}

function signed(value: number): string {
  return `${value < 0 ? '−' : '+'}${Math.abs(value).toFixed(3)}`;
}
