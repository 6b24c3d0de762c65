import { resolve } from 'node:path';
import { stringify } from 'yaml';
import { requireValid } from '../../spec/diagnostics-error.ts';
import { loadScenario } from '../../spec/load-scenario.ts';
import type { Scenario } from '../../spec/scenario.ts';
import type { CommonOptions, Io } from '../io.ts';

/** `culprit scenario show FILE`: what a scenario says, short. */
export async function scenarioShow(options: CommonOptions & { file: string }, io: Io): Promise<number> {
  const { value } = requireValid(await loadScenario(resolve(io.cwd, options.file)));
  io.stdout.write(options.json ? `${JSON.stringify(value, undefined, 2)}\n` : textOf(value));
  return 0;
}

function textOf(scenario: Scenario): string {
  const { metadata, timeline } = scenario;
  const lines = [
    `${metadata.name}: ${metadata.summary}`,
    `${metadata.split}, version ${metadata.version}${metadata.category ? `, ${metadata.category}` : ''}${metadata.tags?.length ? ` (${metadata.tags.join(', ')})` : ''}`,
    `${scenario.application} on ${scenario.cluster}, ${loadText(scenario)}`,
    `warm-up ${timeline.warmUp}, baseline ${timeline.baseline}, incident ${timeline.incident}${scenario.latent ? '; latent' : ''}`,
    '',
    scenario.faults.length === 0 ? 'no fault: a control' : '',
  ];
  const uses = [
    ...scenario.faults.map((use) => ({
      type: 'fault',
      name: use.fault,
      at: use.at ?? '0s',
      how: holdText(use),
      args: use.args,
    })),
    ...(scenario.distractors ?? []).map((use) => ({
      type: 'distractor',
      name: use.distractor,
      at: use.at ?? '0s',
      how: '',
      args: use.args,
    })),
    ...(scenario.cover ?? []).map((use) => ({
      type: 'cover',
      name: use.cover,
      at: use.at,
      how: '',
      args: use.args,
    })),
  ];
  for (const { type, name, at, how, args } of uses) {
    lines.push(`${type} ${name} at ${at.startsWith('-') ? at : `+${at}`}${how}`);
    if (Object.keys(args).length > 0) lines.push(stringify(args).trimEnd().replaceAll(/^/gm, '    '));
  }
  return `${lines
    .join('\n')
    .replaceAll(/\n{3,}/g, '\n\n')
    .trimEnd()}\n`;
}

function loadText({ load }: Scenario): string {
  const rate =
    load?.requestsPerSecond === undefined
      ? "the application's own load"
      : `${load.requestsPerSecond} requests/s`;
  const { waves } = load ?? {};
  return waves === undefined
    ? rate
    : `${rate}, ${waves.factor} times as many for ${waves.lasts} every ${waves.every}`;
}

/** How a change takes hold, where the scenario says. */
function holdText({ predates, trigger }: Scenario['faults'][number]): string {
  return [
    predates === undefined ? '' : `, the change itself ${predates} earlier`,
    trigger?.pods === undefined ? '' : `, on ${trigger.pods} ${trigger.pods === 1 ? 'pod' : 'pods'} only`,
    trigger?.over === undefined ? '' : `, one pod after the other over ${trigger.over}`,
  ].join('');
}
