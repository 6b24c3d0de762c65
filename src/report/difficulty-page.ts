import type { SuiteVerdict } from '../gate/verdict/suite-difficulty.ts';
import { discriminationPlot } from './difficulty-discrimination.ts';
import { heatMap, solverMap } from './difficulty-heat-map.ts';
import { bandTable, gateTable, membersTable, solverTable } from './difficulty-tables.ts';
import { html, type Markup, page } from './html.ts';
import { scatter } from './scatter.ts';

/** A suite's verdict as one self-contained HTML file. What is wrong with public tasks may tell their answers. */
export function difficultyPage(verdict: SuiteVerdict): string {
  const { suite, tasks, panel, problems, dropped, notMeasured } = verdict;
  const title = `Difficulty${suite === undefined ? '' : `: ${suite}`}`;
  const sound = tasks.filter((task) => task.verdict === 'sound').length;
  return page(
    title,
    html`
<h1>${title}</h1>
<p class="bad">This file may tell answers. Keep it away from agents.</p>
<p class="lead">${sound} of ${tasks.length} tasks are sound.${panel && html` Panel <span class="tag">${panel.name}</span> ${panel.summary}`}</p>
${problems.length > 0 && html`<ul>${problems.map((text) => html`<li class="bad">${text}</li>`)}</ul>`}
${panel?.sandbox && !panel.sandbox.isolated && html`<p class="bad">The sandbox ${panel.sandbox.name} did not isolate the models: do not rely on the panel.</p>`}
${panel?.stopped.map((why) => html`<p class="bad">Not done: ${why}</p>`)}
<h2>Bands</h2>
${bandTable(verdict)}
${panel && panelPlots(verdict)}
<h2>Solvers without a model</h2>
${solverMap(verdict)}
${solverTable(verdict)}
<h2>Gates</h2>
${gateTable(verdict)}
${problemList(verdict)}
<h2>Taken out of the suite</h2>
${
  dropped.length === 0
    ? html`<p>No task is on record as dropped.</p>`
    : html`<table><tr><th>task</th><th>date</th><th>reason</th></tr>${dropped.map(({ task, date, reason, becauseOfPanel }) => html`<tr><td><code>${task}</code></td><td>${date}</td><td>${becauseOfPanel && html`<span class="tag bad">because of the panel</span> `}${reason}</td></tr>`)}</table>
${dropped.some(({ becauseOfPanel }) => becauseOfPanel) && html`<p class="lead">Tasks that were dropped because of what models did bias comparisons with these models.</p>`}`
}
${notMeasured.length > 0 && html`<h2>Not measured</h2><ul>${notMeasured.map((text) => html`<li>${text}</li>`)}</ul>`}
`,
  );
}

function panelPlots(verdict: SuiteVerdict): Markup {
  const { panel } = verdict;
  if (!panel) return html``;
  const points = (kind: 'turns' | 'costUsd') =>
    panel.members.flatMap(({ member, model, aggregate: { scoreEstimate, effort } }) => {
      const x = effort[kind]?.mean;
      if (!scoreEstimate || x === undefined) return [];
      const { value: y, interval } = scoreEstimate;
      return [{ label: member, x, y, interval, isPale: model === undefined }];
    });
  const [turns, cost] = [points('turns'), points('costUsd')];
  return html`<h2>Tasks by member of the panel</h2>
${heatMap(verdict)}
<div class="plots">${turns.length > 0 && html`<div><h3>Score against turns</h3>${scatter(turns, 'turns a sample', (x) => String(Number(x.toPrecision(3))))}</div>`}${
    cost.length > 0 &&
    html`<div><h3>Score against cost</h3>${scatter(cost, 'cost of a sample', (x) => `$${Number(x.toPrecision(3))}`)}</div>`
  }</div>
<h2>How well tasks tell members apart</h2>
${discriminationPlot(verdict)}
<h2>Members, and what they know without evidence</h2>
${membersTable(verdict)}`;
}

function problemList({ tasks }: SuiteVerdict): Markup {
  const wrong = tasks.filter(({ problems, doubts }) => problems.length + doubts.length > 0);
  if (wrong.length === 0) return html`<p class="good">Nothing is wrong with any task.</p>`;
  return html`<h3>What is wrong</h3><table><tr><th>task</th><th>problems and doubts</th></tr>${wrong.map(
    ({ task, scenario, split, problems, doubts, gates }) =>
      // problems quote the truth, which of a held-out task stays with who has the key
      split === 'held-out'
        ? html`<tr id="problems-${task}"><td><code>${task}</code></td><td class="bad">held-out: ${gates.flatMap(({ gate, ok }) => (ok ? [] : gate)).join(', ') || `${problems.length} problems, ${doubts.length} doubts`}</td></tr>`
        : html`<tr id="problems-${task}"><td>${scenario} <code>${task}</code></td><td>${problems.map((text) => html`<div class="bad">${text}</div>`)}${doubts.map((text) => html`<div class="soft">doubt: ${text}</div>`)}</td></tr>`,
  )}</table>`;
}
