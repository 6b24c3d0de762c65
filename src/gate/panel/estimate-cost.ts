import { sreInstruction } from '../../harness/instruction.ts';
import { native } from '../../harness/loop/native.ts';
import { estimateTokens } from '../../harness/models/model.ts';
import { memberName, type Panel, type PanelModel } from '../../spec/panel.ts';
import { limitsOf, membersOf, repeatsOf } from './plan-panel.ts';

/** What a panel may cost, reckoned before the first call; US dollars. */
export interface CostEstimate {
  /** If every band settles at the first look. */
  readonly leastUsd: number;
  /** If none settles early. */
  readonly mostUsd: number;
  readonly members: readonly {
    readonly member: string;
    /** Turns of a typical sample. */
    readonly turns: number;
    /** Input tokens of a typical sample, all turns together. */
    readonly inputTokens: number;
    readonly outputTokens: number;
    readonly sampleUsd: number;
    readonly samples: readonly [least: number, most: number];
  }[];
}

/** What is assumed of a sample where the panel file says nothing: what models took on tasks of this size. */
const typicalTurns = 20;
const typicalTokensPerTurn = 1500;
const typicalOutputPerTurn = 400;
/** A probe without evidence has nothing to look at. */
const turnsWithoutEvidence = 4;

/**
 * Reckons the cost of a panel: every turn sends the whole conversation again, so a sample of n turns costs about n times
 * the question and n(n − 1)/2 times what a turn adds. What was sent before is read from the cache where it has a price.
 * @param counts tasks of the panel, and those of the probes
 */
export function estimateCost(
  panel: Panel,
  counts: { readonly tasks: number; readonly withCauses: number },
): CostEstimate {
  const question = estimateTokens(
    sreInstruction +
      native.system(limitsOf(panel)) +
      JSON.stringify(native.tools.map((tool) => tool.definition)),
  );
  const models = membersOf(panel, 'as-built').filter((member) => 'model' in member);
  const members = models.map((member) => {
    const turns = Math.min(member.typical?.turns ?? typicalTurns, limitsOf(panel).turns);
    const full = sampleOf(member, turns, question);
    const bare = sampleOf(member, Math.min(turns, turnsWithoutEvidence), question);
    const probes =
      counts.withCauses *
      (repeatsOf(panel, 'renamed') * full.usd + repeatsOf(panel, 'without-evidence') * bare.usd);
    const probeSamples =
      counts.withCauses * (repeatsOf(panel, 'renamed') + repeatsOf(panel, 'without-evidence'));
    const { least, most } = panel.repeats;
    return {
      member: memberName(member),
      turns,
      inputTokens: full.input,
      outputTokens: full.output,
      sampleUsd: full.usd,
      samples: [counts.tasks * least + probeSamples, counts.tasks * most + probeSamples] as const,
      usd: [counts.tasks * least * full.usd + probes, counts.tasks * most * full.usd + probes] as const,
    };
  });
  return {
    leastUsd: members.reduce((sum, { usd }) => sum + usd[0], 0),
    mostUsd: members.reduce((sum, { usd }) => sum + usd[1], 0),
    members: members.map(({ usd: _, ...rest }) => rest),
  };
}

function sampleOf(member: PanelModel, turns: number, question: number) {
  const { tokensPerTurn = typicalTokensPerTurn, outputPerTurn = typicalOutputPerTurn } = member.typical ?? {};
  const { price } = member;
  const fresh = question + (turns - 1) * tokensPerTurn;
  const again = (turns - 1) * question + (tokensPerTurn * (turns - 1) * (turns - 2)) / 2;
  const output = turns * outputPerTurn;
  const usd =
    (fresh * (price.cacheWrite ?? price.input) +
      again * (price.cachedInput ?? price.input) +
      output * price.output) /
    1e6;
  return { input: fresh + again, output, usd };
}
