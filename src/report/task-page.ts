import type { Score } from '../scoring/score-submission.ts';
import { callGraph } from './call-graph.ts';
import { html, type Markup, page } from './html.ts';
import type { TaskPageData } from './task-page-data.ts';
import { timeline } from './timeline.ts';

/** One self-contained HTML page about a task: what happened, where the cause sits, what the agents answered. */
export function taskPage(data: TaskPageData): string {
  return page(
    `Task ${data.task}`,
    html`
<h1>Task <code>${data.task}</code></h1>
${taskLead(data)}
<p class="bad">This page tells the answer. Keep it away from agents.</p>
${taskEvents(data)}
<h2>Answers</h2>
${answers(data)}
${taskSymptoms(data)}
`,
  );
}

/** What a task is, in a line. */
export function taskLead({ scenario, summary, application, provider }: TaskPageData): Markup {
  return html`<p class="lead">${scenario}${scenario ? ': ' : ''}${summary} <span class="tag">${application}</span> <span class="tag">${provider}</span></p>`;
}

/** Root causes, timeline and call graph of a task. */
export function taskEvents(data: TaskPageData): Markup {
  return html`<h2>Root causes</h2>
${data.heldOut ? html`<p>Held out: the truth is kept.</p>` : data.rootCauses.length === 0 ? html`<p>None: a control task. The right answer is an empty list.</p>` : html`<table><tr><th>entity</th><th>what was changed</th></tr>${data.rootCauses.map((cause) => html`<tr><td class="mono cause">${cause.entity}</td><td>${cause.summary}</td></tr>`)}</table>`}
<h2>Timeline</h2>
${timeline(data)}
<h2>Call graph</h2>
${callGraph(data)}`;
}

/** What suffered. */
export function taskSymptoms(data: TaskPageData): Markup {
  return html`<h2>Symptoms</h2>
${data.symptoms.length === 0 ? html`<p>None.</p>` : html`<table><tr><th>entity</th><th>signals that differ from the same world without the causes</th></tr>${data.symptoms.map((symptom) => html`<tr><td class="mono symptom">${symptom.entity}</td><td>${symptom.signals.join(' · ')}</td></tr>`)}</table>`}`;
}

/** What became of every name in an answer. */
export function answerDetails(score: Score): Markup {
  if (score.problem !== undefined) return html`${score.problem}`;
  return html`${score.verdicts
    .slice(0, 200)
    .map(
      (verdict) =>
        html`<div class="mono"><span class="${verdict.truePositive ? 'good' : 'bad'}">${verdict.kind}</span> ${verdict.name} <span class="soft">${verdict.explanation}</span></div>`,
    )}${score.verdicts.length > 200 && html`<div class="soft">… and ${score.verdicts.length - 200} more</div>`}${score.missed.map((entity) => html`<div class="mono"><span class="bad">missed</span> ${entity}</div>`)}`;
}

function answers(data: TaskPageData): Markup {
  if (data.answers.length === 0) return html`<p>No agent has been evaluated on this task yet.</p>`;
  return html`<table><tr><th>agent</th><th class="number">score</th><th>named</th></tr>${data.answers.map(
    ({ agent, score }) =>
      html`<tr><td>${agent}</td><td class="number ${score.value === 1 ? 'good' : score.value === 0 ? 'bad' : ''}">${score.value.toFixed(2)}</td><td>${
        score.problem ??
        html`<details><summary>${score.verdicts.length} named, ${score.missed.length} missed</summary>${answerDetails(score)}</details>`
      }</td></tr>`,
  )}</table>`;
}
