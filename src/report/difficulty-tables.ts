import { bands } from '../gate/panel/band.ts';
import type { JudgedTask, SuiteVerdict } from '../gate/verdict/suite-difficulty.ts';
import { html, type Markup, raw } from './html.ts';

/** Every task with its band, rate and verdict; the bands' sizes above it. */
export function bandTable({ tasks, panel, thresholds }: SuiteVerdict): Markup {
  const sizes = bands.map((band) => ({ band, count: tasks.filter((task) => task.band === band).length }));
  const { hard, medium, easy, trivial } = thresholds.bands;
  return html`<p>${sizes.map(({ band, count }) => html`<span class="tag">${band} ${count}</span> `)}</p>
<div class="scroll"><table><tr><th>task</th><th>scenario</th><th>causes</th><th>band</th><th>verdict</th><th class="number">right</th><th>rate</th><th></th><th>settled</th><th class="number">Rasch</th><th class="number">turns</th><th class="number">cost</th></tr>${tasks.map(
    (task) => bandRow(task),
  )}</table></div>
${
  panel &&
  html`<p class="lead">Rate: posterior of the share of right answers of all members together, Beta(½ + right, ½ + wrong), ${Math.round(100 * (1 - (1 - thresholds.certainty) / 2))} %. Bands begin at ${hard} (hard), ${medium} (medium), ${easy} (easy), ${trivial} (trivial). A band is settled early when an interval that holds at every look lies in it, but for a margin of ${thresholds.margin}; at the end when the posterior's does: with ${Math.round(100 * thresholds.certainty)} % the true rate is no further outside. Rasch: difficulty in log odds, 0 in the mean.</p>`
}`;
}

function bandRow({
  task,
  scenario,
  control,
  causes,
  band,
  bandBy,
  panel,
  verdict,
  problems,
}: JudgedTask): Markup {
  const settled =
    bandBy === 'heuristics'
      ? 'by a heuristic'
      : panel?.decision.by === 'early'
        ? `early, after ${panel.rounds} rounds`
        : panel?.decision.by === 'end'
          ? `after all ${panel.rounds} rounds`
          : panel
            ? `no: ${panel.decision.possible.join(' or ')}${panel.isOpen ? ', not done' : ''}`
            : '';
  const effort = (kind: 'turns' | 'costUsd') => {
    const values = (panel?.members ?? []).flatMap((member) => member[kind] ?? []);
    return values.length === 0 ? undefined : values.reduce((sum, value) => sum + value, 0) / values.length;
  };
  const cost = effort('costUsd');
  return html`<tr><td><code>${task}</code></td><td>${scenario}</td><td>${control ? 'control' : causes}</td><td>${band}</td><td class="${verdict === 'sound' ? 'good' : 'bad'}">${verdict === 'sound' ? 'sound' : html`<a href="#problems-${task}">${problems.length} problem${problems.length === 1 ? '' : 's'}</a>`}</td><td class="number">${panel && `${panel.decision.successes}/${panel.decision.trials}`}</td><td>${panel?.decision.credible.map((bound) => bound.toFixed(2)).join('–')}</td><td>${panel && bar(panel.decision.rate, panel.decision.credible)}</td><td>${settled}</td><td class="number">${panel?.difficulty && `${panel.difficulty.value.toFixed(2)} ± ${panel.difficulty.standardError.toFixed(2)}`}</td><td class="number">${effort('turns')?.toFixed(1)}</td><td class="number">${cost !== undefined && `$${cost.toFixed(4)}`}</td></tr>`;
}

/** Solvers without a model: how many tasks with causes each solves. */
export function solverTable({ tasks, floor }: SuiteVerdict): Markup {
  const incidents = tasks.filter(({ control }) => !control).length;
  return html`<table><tr><th>solver</th><th>level</th><th class="number">solved of ${incidents}</th><th class="number">score</th></tr>${floor.map(
    ({ solver, level, solved, score }) =>
      html`<tr><td>${solver}</td><td class="soft">${level}</td><td class="number">${Number(solved.toFixed(2))}</td><td class="number">${score.toFixed(3)}</td></tr>`,
  )}</table><p class="lead">What a trivial solver is right about is free: such a task measures nothing. On control tasks (pale) a solver that sees nothing is right without a thought; they do not count.</p>`;
}

/** Gates by task. */
export function gateTable({ tasks }: SuiteVerdict): Markup {
  const names = [...new Set(tasks.flatMap(({ gates }) => gates.map(({ gate }) => gate)))];
  const tried = (name: string) =>
    tasks.reduce((sum, { gates }) => sum + (gates.find(({ gate }) => gate === name)?.tried ?? 0), 0);
  return html`<div class="scroll"><table><tr><th>task</th>${names.map((name) => html`<th>${name}</th>`)}</tr>${tasks.map(
    ({ task, scenario, gates }) =>
      html`<tr><td title="${task}">${scenario ?? html`<code>${task}</code>`}</td>${names.map((name) => {
        const own = gates.find(({ gate }) => gate === name);
        if (!own) return html`<td></td>`;
        return html`<td class="${own.ok ? 'good' : 'bad'}">${own.ok ? 'ok' : `${own.problems.length} wrong`}</td>`;
      })}</tr>`,
  )}<tr><td class="soft">tried</td>${names.map((name) => html`<td class="soft">${tried(name)}</td>`)}</tr></table></div>`;
}

/** Members of the panel: score, effort, probes for memorisation. */
export function membersTable({ panel }: SuiteVerdict): Markup {
  const number = (value: number | undefined, digits = 3) =>
    value === undefined ? '–' : value.toFixed(digits);
  return html`<div class="scroll"><table><tr><th>member</th><th>model</th><th class="number">score</th><th>95 %</th><th class="number">ability</th><th class="number">turns</th><th class="number">cost</th><th>without evidence</th><th>renamed − as built</th></tr>${(
    panel?.members ?? []
  ).map(
    ({ member, model, aggregate: all, ability, withoutEvidence: bare, renamed }) =>
      html`<tr><td>${member}</td><td class="soft">${model ?? 'no model'}</td><td class="number">${number(all.score)}</td><td>${all.scoreEstimate?.interval.map((bound) => bound.toFixed(2)).join('–')}</td><td class="number">${number(ability?.value, 2)}</td><td class="number">${number(all.effort.turns?.mean, 1)}</td><td class="number">${all.effort.costUsd && `$${all.effort.costUsd.mean.toFixed(4)}`}</td><td class="${bare && bare.p <= 0.05 ? 'bad' : ''}">${bare && `${bare.solved}/${bare.samples}, p ${bare.p.toFixed(3)}`}</td><td class="${renamed && renamed.difference < 0 && renamed.permutation.p <= 0.05 ? 'bad' : ''}">${renamed && `${number(renamed.difference)}${renamed.interval ? ` (${renamed.interval.map((bound) => number(bound, 2)).join(' to ')})` : ''}, p ${renamed.permutation.p.toFixed(3)}`}</td></tr>`,
  )}</table></div><p class="lead">Without evidence a model has the instruction and the README only; p: how often guessing would do as well. Renamed: the same tasks with every service and namespace under another name, paired by task; p: sign-flip test over families of tasks.</p>`;
}

function bar(rate: number, [low, high]: readonly [number, number]): Markup {
  const x = (share: number) => (4 + share * 112).toFixed(1);
  return raw(
    `<svg viewBox="0 0 120 12" width="120" height="12" aria-hidden="true"><line x1="4" x2="116" y1="6" y2="6" stroke="var(--line)"/><line x1="${x(low)}" x2="${x(high)}" y1="6" y2="6" stroke="var(--blue)" stroke-width="3" stroke-opacity=".5"/><circle cx="${x(rate)}" cy="6" r="4" fill="var(--blue)"/></svg>`,
  );
}
