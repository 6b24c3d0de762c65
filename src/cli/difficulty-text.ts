import {
  isUnsolvedByHeuristics,
  type JudgedTask,
  type SuiteVerdict,
} from '../gate/verdict/suite-difficulty.ts';
import { formatTable } from './table.ts';

/** The verdict on tasks for a terminal: floor, gates, panel, what is wrong. */
export function renderDifficulty(verdict: SuiteVerdict): string {
  const parts = [
    floor(verdict),
    gates(verdict),
    panel(verdict),
    members(verdict),
    verdicts(verdict),
    end(verdict),
  ];
  return parts.filter((part) => part !== '').join('\n');
}

function floor({ tasks, floor }: SuiteVerdict): string {
  const incidents = tasks.filter(({ control }) => !control);
  const solved = ({ solvers }: JudgedTask) =>
    solvers
      .filter(({ level, score }) => level !== 'chance' && score > 0)
      .map(({ solver, score }) => (score === 1 ? solver : `${solver} (${amount(score)})`));
  const rows = tasks.map((task) => [
    task.task,
    task.scenario ?? '',
    task.control ? 'control' : String(task.causes),
    String(task.entities),
    task.control ? `${solved(task).length} that see nothing` : solved(task).join(', ') || '-',
  ]);
  const unsolved = incidents.filter(isUnsolvedByHeuristics).length;
  return `Solvers without a model, by tasks with causes solved
${formatTable(
  ['solver', 'level', 'solved', 'score'],
  floor.map(({ solver, level, solved: count, score }) => [
    solver,
    level,
    `${amount(count)}/${incidents.length}`,
    score.toFixed(3),
  ]),
)}
${formatTable(['task', 'scenario', 'causes', 'entities', 'solved by'], rows)}${incidents.length} tasks with causes: ${incidents.filter(({ trivialFor }) => trivialFor.length > 0).length} trivial, ${unsolved} solved by no solver but the ensemble and chance.
`;
}

function gates({ tasks }: SuiteVerdict): string {
  const names = [...new Set(tasks.flatMap(({ gates }) => gates.map(({ gate }) => gate)))];
  const rows = names.map((name) => {
    const own = tasks.flatMap(({ gates }) => gates.filter(({ gate }) => gate === name));
    const failed = own.filter(({ ok }) => !ok).length;
    return [
      name,
      String(own.reduce((sum, { tried }) => sum + tried, 0)),
      failed === 0 ? 'ok' : `FAILED on ${failed} of ${own.length} tasks`,
    ];
  });
  return `Gates\n${formatTable(['gate', 'tried', 'result'], rows)}`;
}

function panel({ tasks, panel }: SuiteVerdict): string {
  if (!panel) return '';
  const names = panel.members.map(({ member }) => member);
  const rows = tasks.map(({ task, panel: own, band }) => [
    task,
    band === 'undetermined' && own ? `undetermined (${own.decision.possible.join(' or ')})` : band,
    own ? `${own.decision.successes}/${own.decision.trials}` : '',
    own ? range(own.decision.credible) : '',
    own
      ? `${own.rounds}${own.decision.by === 'early' ? ' (stopped early)' : own.isOpen ? ' (not done)' : ''}`
      : '',
    own?.discrimination?.correlation?.toFixed(2) ?? '',
    ...names.map((name) => {
      const found = own?.members.find(({ member }) => member === name);
      return found ? `${found.solved}/${found.samples}` : '';
    }),
  ]);
  return `Panel ${panel.name}: right answers by task and member, the weakest member first
${formatTable(['task', 'band', 'right', 'rate', 'rounds', 'r', ...names], rows)}`;
}

function members({ panel }: SuiteVerdict): string {
  if (!panel) return '';
  const rows = panel.members.map(({ member, aggregate: all, ability, withoutEvidence: bare, renamed }) => [
    member,
    all.score?.toFixed(3) ?? '',
    all.scoreEstimate ? range(all.scoreEstimate.interval) : '',
    ability ? ability.value.toFixed(2) : '',
    all.effort.turns?.mean.toFixed(1) ?? '',
    all.effort.costUsd ? `$${all.effort.costUsd.mean.toFixed(4)}` : '',
    bare ? `${bare.solved}/${bare.samples} (p ${bare.p.toFixed(3)})` : '',
    renamed
      ? `${renamed.difference > 0 ? '+' : ''}${renamed.difference.toFixed(3)} (p ${renamed.permutation.p.toFixed(3)})`
      : '',
  ]);
  const isolation =
    panel.sandbox && !panel.sandbox.isolated ? ' The sandbox did not isolate: do not rely on it.' : '';
  return `${formatTable(
    ['member', 'score', '95 %', 'ability', 'turns', 'cost', 'without evidence', 'renamed'],
    rows,
  )}${panel.saved} samples saved by stopping early; $${panel.spentUsd.toFixed(4)} spent.${isolation}
${panel.stopped.map((why) => `NOT DONE: ${why}; the same command with a higher --max-cost goes on\n`).join('')}`;
}

function verdicts({ tasks }: SuiteVerdict): string {
  const rows = tasks.map(({ task, scenario, verdict, band, problems }) => [
    task,
    scenario ?? '',
    band,
    verdict === 'sound' ? 'sound' : `${problems.length} problem(s)`,
  ]);
  const lines = (kind: string, pick: (task: JudgedTask) => readonly string[]) =>
    tasks.flatMap((task) => pick(task).map((text) => `${task.task}  ${kind}${text}\n`)).join('');
  return `Verdict\n${formatTable(['task', 'scenario', 'band', 'verdict'], rows)}${lines('', ({ problems }) => problems)}${lines('doubt: ', ({ doubts }) => doubts)}`;
}

function end({ suite, problems, dropped, notMeasured, tasks }: SuiteVerdict): string {
  const sound = tasks.filter(({ verdict }) => verdict === 'sound').length;
  const list = (title: string, lines: readonly string[]) =>
    lines.length === 0 ? '' : `${title}\n${lines.map((line) => `  ${line}\n`).join('')}`;
  return `${sound} of ${tasks.length} tasks are sound${suite === undefined ? '' : ` (suite ${suite})`}.
${list(suite === undefined ? 'Of all tasks together:' : `Wrong with the suite ${suite}:`, problems)}${list(
  'Taken out of the suite:',
  dropped.map(
    ({ task, reason, date, becauseOfPanel }) =>
      `${task} on ${date}${becauseOfPanel ? ' BECAUSE OF THE PANEL: comparisons with its models are biased' : ''}: ${reason}`,
  ),
)}${list('Not measured:', notMeasured)}`;
}

function amount(value: number): string {
  return Number.isInteger(value) ? String(value) : value.toFixed(2);
}

function range([low, high]: readonly [number, number]): string {
  return `${low.toFixed(2)}–${high.toFixed(2)}`;
}
