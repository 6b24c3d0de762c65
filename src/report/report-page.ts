import { filterScript } from './filter-script.ts';
import { html, type Markup, page } from './html.ts';
import { leaderBoards, namer } from './leader-board.ts';
import type { ReportData, ReportSample, ReportTask } from './report-data.ts';
import { answerDetails, taskEvents, taskLead, taskSymptoms } from './task-page.ts';

/** Runs as one self-contained HTML file: boards, then every task with every sample and its transcript. */
export function reportPage(data: ReportData): string {
  return page(
    `Report: ${data.runs.map(({ id }) => id).join(', ')}`,
    html`
<h1>Report</h1>
<p class="bad">This file tells the answers. Keep it away from agents.</p>
${runs(data)}
${leaderBoards(data)}
<h2>Tasks</h2>
${filterForm(data)}
${matrix(data)}
${data.tasks.map((task) => taskSection(task, data))}
`,
    filterScript,
  );
}

function runs(data: ReportData): Markup {
  return html`<table><tr><th>run</th><th>sandbox</th><th class="number">samples</th><th class="number">repeats</th><th>not in the results</th></tr>${data.runs.map(
    ({ id, sandbox, isolated, samples, repeats, unfinished, infrastructureFailed }) =>
      html`<tr><td>${id}</td><td>${sandbox ?? 'not needed'}${!isolated && html` <span class="tag bad">not isolated: never ranked</span>`}</td><td class="number">${samples}</td><td class="number">${repeats}</td><td>${unfinished > 0 && `${unfinished} unfinished `}${infrastructureFailed > 0 && `${infrastructureFailed} with a broken infrastructure`}</td></tr>`,
  )}</table>`;
}

function filterForm(data: ReportData): Markup {
  const name = namer(data);
  return html`<form class="filter" hidden><input name="text" type="search" placeholder="task, scenario, category, tag" aria-label="text"><select name="agent" aria-label="agent"><option value="">all agents</option>${agentsOf(data).map((row) => html`<option>${name(row)}</option>`)}</select><select name="result" aria-label="result"><option value="">all results</option><option value="solved">solved</option><option value="partly">partly</option><option value="failed">failed</option></select><span id="shown" class="soft"></span></form>`;
}

/** Tasks by agents, mean score over repeats. */
function matrix(data: ReportData): Markup {
  const name = namer(data);
  const agents = agentsOf(data);
  const cell = (samples: readonly ReportSample[]) => {
    if (samples.length === 0) return html`<td></td>`;
    const value = samples.reduce((sum, { score }) => sum + score.value, 0) / samples.length;
    return html`<td class="number ${value === 1 ? 'good' : value === 0 ? 'bad' : ''}">${value.toFixed(2)}</td>`;
  };
  return html`<div class="scroll"><table><tr><th>task</th><th>scenario</th><th>causes</th>${agents.map((row) => html`<th class="number">${name(row)}</th>`)}</tr>${data.tasks.map(
    ({ page: { task, scenario, rootCauses, heldOut }, samples }) =>
      html`<tr data-task="${task}"><td><a href="#task-${task}"><code>${task}</code></a></td><td>${scenario}</td><td>${heldOut ? 'held out' : rootCauses.length === 0 ? 'control' : rootCauses.length}</td>${agents.map((row) => cell(samples.filter((sample) => sample.agent === row.agent && sample.run === row.run)))}</tr>`,
  )}</table></div>`;
}

function agentsOf(data: ReportData): { agent: string; run: string }[] {
  const seen = new Map(
    data.rows.map(({ agent, run }) => [JSON.stringify([run, agent]), { agent, run }] as const),
  );
  return [...seen.values()];
}

function taskSection(task: ReportTask, data: ReportData): Markup {
  const { page: shown, split, category, tags, samples } = task;
  const words = [shown.task, shown.scenario, shown.summary, shown.application, split, category, ...tags]
    .join(' ')
    .toLowerCase();
  const labels = [split, ...(category === 'none' ? [] : [category]), ...tags];
  return html`<section class="task" id="task-${shown.task}" data-task="${shown.task}" data-words="${words}">
<h2>Task <code>${shown.task}</code></h2>
${taskLead(shown)}
<p>${labels.map((label) => html`<span class="tag">${label}</span> `)}</p>
<details><summary>What happened: root causes, timeline, call graph, symptoms</summary>${taskEvents(shown)}${taskSymptoms(shown)}</details>
<h3>Samples</h3>
${samples.length === 0 ? html`<p>None has finished.</p>` : samples.map((sample) => sampleSection(sample, data))}
</section>`;
}

function sampleSection(sample: ReportSample, data: ReportData): Markup {
  const { repeat, exitReason, score, effort, transcript } = sample;
  const name = namer(data)(sample);
  const took = [
    effort.turns !== undefined && `${effort.turns} turns`,
    effort.tokens !== undefined && `${effort.tokens} tokens`,
    effort.costUsd !== undefined && `$${effort.costUsd.toFixed(3)}`,
    effort.elapsedMs !== undefined && `${(effort.elapsedMs / 1000).toFixed(1)} s`,
  ].filter((text) => text !== false);
  return html`<details class="sample" data-agent="${name}" data-score="${score.value}"><summary>${name} #${repeat}: <span class="${score.value === 1 ? 'good' : score.value === 0 ? 'bad' : ''}">${score.value.toFixed(2)}</span> <span class="soft">${exitReason}, ${took.join(', ')}</span></summary>
${answerDetails(score)}
${
  transcript.length === 0
    ? html`<p class="soft">No transcript.</p>`
    : html`<details class="transcript"><summary>Transcript</summary>${transcript.map(
        ({ atMs, title, text }) =>
          html`<div class="step">${(atMs / 1000).toFixed(1)} s · ${title}</div>${text !== '' && html`<pre>${text}</pre>`}`,
      )}</details>`
}</details>`;
}
