import type { Counterfactuals, CounterfactualWorld } from '../spec/counterfactuals.ts';
import { formatTable } from './table.ts';
import { wrapText } from './wrap-text.ts';

/** The counterfactual proof of a bundle for people: worlds by what was seen in them, then what follows for each cause. */
export function counterfactualText(proof: Counterfactuals | undefined): string {
  if (proof === undefined) return 'Counterfactual proof: none in this bundle\n';
  if (proof.skipped !== undefined) return `Counterfactual proof: not made, ${proof.skipped}\n`;
  const indicators = (proof.worlds[0]?.indicators ?? []).map(({ name }) => name);
  const worlds = proof.worlds.flatMap((world) =>
    world.names.map((name, index) =>
      index === 0 ? [name, ...seen(world)] : [`${name} (the same world)`, ...seen(world).map(() => '')],
    ),
  );
  const causes = proof.causes.map(
    ({ entity, necessary, effective }) =>
      `${entity}\n${claim('necessary', necessary)}${claim('effective alone', effective)}`,
  );
  const { triggers, distractors } = proof;
  return `Counterfactual proof (a * marks what users feel)
${formatTable(['world', 'shows', 'alerts', 'symptoms', ...indicators], worlds)}
${causes.join('')}triggers
${triggers.goesOn ? claim(`undone (${triggers.undone.join(', ')}), the incident goes on`, triggers.goesOn) : ''}${triggers.lasting
  .map(({ operation, why }) => `  ${operation} cannot be undone: ${why}\n`)
  .join(
    '',
  )}${triggers.undone.length + triggers.lasting.length === 0 ? '  none\n' : ''}distractors and cover alone
${claim('users stay well', distractors)}${proof.problems.map((problem) => `NOT SOUND  ${problem}\n`).join('')}`;
}

function seen(world: CounterfactualWorld): string[] {
  const felt = world.indicators.some((indicator) => indicator.felt);
  const shows =
    world.alerts.length > 0 ? (felt ? 'incident' : 'alerts only') : felt ? 'felt, no alert' : 'no incident';
  return [
    shows,
    String(world.alerts.length),
    String(world.symptoms.length),
    ...world.indicators.map(({ incident, felt: isFelt }) => `${number(incident)}${isFelt ? ' *' : ''}`),
  ];
}

function number(value: number | null): string {
  if (value === null) return 'no data';
  return Number.isInteger(value) ? String(value) : value.toPrecision(3);
}

function claim(
  what: string,
  { holds, detail }: { readonly holds: boolean; readonly detail: string },
): string {
  return `  ${what}: ${holds ? 'yes' : 'NO'}\n${wrapText(detail, 100).replaceAll(/^/gm, '    ')}\n`;
}
