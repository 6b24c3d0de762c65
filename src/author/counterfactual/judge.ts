import type { Application } from '../../spec/application.ts';
import type { CounterfactualCause, CounterfactualWorld } from '../../spec/counterfactuals.ts';
import { eases, isWorse, type Sign, signsOf, valueText } from './signs.ts';
import type { CauseGroup } from './worlds.ts';

/**
 * What the worlds say of each cause. Necessary: something that it shows alone clears (an indicator: by its threshold)
 * when it is left out of the task, so the other causes do not explain it. Effective: alone it raises an alert and users
 * feel it (the alert suffices where the effect is latent).
 */
export function judgeCauses(
  worlds: readonly CounterfactualWorld[],
  causes: readonly CauseGroup[],
  application: Application,
  latent: boolean,
): readonly CounterfactualCause[] {
  const world = (name: string) => {
    const found = worlds.find(({ names }) => names.includes(name));
    if (found === undefined) throw new Error(`no world "${name}"`);
    return found;
  };
  const task = world('task');
  return causes.map(({ entity, operations }) => {
    const without = world(`without ${entity}`);
    const only = world(`only ${entity}`);
    const own = signsOf(only);
    const inTask = (sign: Sign) => signsOf(task).some((other) => same(sign, other));
    const clears = own.filter((sign) => inTask(sign) && eases(sign, task, without, application));
    const others = causes.filter((other) => other.entity !== entity);
    const hidden = own
      .filter((sign) => !clears.includes(sign))
      .map((sign) => {
        const by = others
          .filter((other) => signsOf(world(`only ${other.entity}`)).some((one) => same(sign, one)))
          .map((other) => other.entity);
        return { sign: sign.text, by, detail: howHidden(sign, task, without, only) };
      });
    return {
      entity,
      operations: [...operations],
      necessary:
        clears.length > 0
          ? { holds: true, detail: `without it clears: ${listed(clears, task, without)}` }
          : { holds: false, detail: whyNotNecessary(own, hidden) },
      effective: effective(only, latent),
      hidden,
    };
  });
}

/** What distractors (or a control's cover) do to users: nothing may get worse than it was in the healthy time. */
export function judgeDistractors(
  world: CounterfactualWorld | undefined,
  application: Application,
): { readonly holds: boolean; readonly detail: string } {
  if (world === undefined) return { holds: true, detail: 'the plan has no distractors' };
  const worse = application.file.indicators.flatMap((indicator) => {
    const seen = world.indicators.find(({ name }) => name === indicator.name);
    return seen !== undefined && isWorse(indicator, seen.baseline, seen.incident)
      ? [
          `${seen.name} went from ${seen.baseline?.toPrecision(3) ?? 'no data'} to ${valueText(world, seen.name)}`,
        ]
      : [];
  });
  return worse.length > 0
    ? { holds: false, detail: worse.join(', ') }
    : { holds: true, detail: 'every indicator of users stays as it was' };
}

/** Everything that keeps the task from being sound, a line each. */
export function counterfactualProblems(
  causes: readonly CounterfactualCause[],
  triggers: { readonly goesOn?: { readonly holds: boolean; readonly detail: string } },
  distractors: { readonly holds: boolean; readonly detail: string },
): readonly string[] {
  const problems: string[] = [];
  const idle = causes.filter(({ necessary }) => !necessary.holds);
  for (const cause of idle) {
    const by = [...new Set(cause.hidden.flatMap((one) => one.by))];
    const mutual = by.filter((other) => idle.some(({ entity }) => entity === other));
    if (mutual.length > 0)
      problems.push(
        `${cause.entity} and ${mutual.join(', ')} overdetermine the incident, either alone explains it: ${cause.necessary.detail}`,
      );
    else if (by.length > 0)
      problems.push(`${cause.entity} is masked by ${by.join(', ')}: ${cause.necessary.detail}`);
    else problems.push(`${cause.entity} is not necessary: ${cause.necessary.detail}`);
  }
  for (const { entity, effective } of causes)
    if (!effective.holds) problems.push(`${entity} has no effect of its own: ${effective.detail}`);
  if (triggers.goesOn?.holds === false)
    problems.push(`undoing the triggers alone ends the incident: ${triggers.goesOn.detail}`);
  if (!distractors.holds) problems.push(`users feel the distractors alone: ${distractors.detail}`);
  return problems;
}

function effective(only: CounterfactualWorld, latent: boolean): CounterfactualCause['effective'] {
  const felt = only.indicators.filter((indicator) => indicator.felt);
  const missing = [
    ...(only.alerts.length === 0 ? ['no alert is due to it'] : []),
    ...(felt.length === 0 && !latent ? ['no indicator that users feel shifts'] : []),
  ];
  if (missing.length > 0) return { holds: false, detail: `alone, ${missing.join(' and ')}` };
  const shown = [
    ...felt.map(({ name }) => `${name} ${valueText(only, name)}`),
    ...new Set(only.alerts.map(({ name }) => `alert ${name}`)),
  ];
  return { holds: true, detail: shown.join(', ') };
}

function whyNotNecessary(own: readonly Sign[], hidden: CounterfactualCause['hidden']): string {
  if (own.length === 0) return 'it shows nothing alone';
  const told = hidden.filter(({ by }) => by.length > 0).map(({ detail }) => detail);
  return `nothing that it shows alone clears without it: ${(told.length > 0 ? told : hidden.map(({ detail }) => detail)).slice(0, 4).join('; ')}`;
}

function howHidden(
  sign: Sign,
  task: CounterfactualWorld,
  without: CounterfactualWorld,
  only: CounterfactualWorld,
): string {
  if (sign.type === 'indicator')
    return `${sign.id} is ${valueText(only, sign.id)} with it alone, ${valueText(task, sign.id)} in the task and ${valueText(without, sign.id)} without it`;
  const where = signsOf(task).some((one) => same(sign, one))
    ? 'is there without it as well'
    : 'is not there in the task';
  return `${sign.text} ${where}`;
}

/** Signs that are told; the worlds hold the rest. */
const mostTold = 8;

function listed(clears: readonly Sign[], task: CounterfactualWorld, without: CounterfactualWorld): string {
  const told = clears.map((sign) =>
    sign.type === 'indicator'
      ? `${sign.id} ${valueText(task, sign.id)} → ${valueText(without, sign.id)}`
      : sign.text,
  );
  const more = told.length - mostTold;
  return `${told.slice(0, mostTold).join(', ')}${more > 0 ? `, and ${more} more` : ''}`;
}

function same(a: Sign, b: Sign): boolean {
  return a.type === b.type && a.id === b.id;
}
