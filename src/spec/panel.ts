import { type Static, Type } from 'typebox';
import { durationPattern } from '../base/duration.ts';

const strict = { additionalProperties: false } as const;
const Dollars = Type.Number({ minimum: 0 });
const Name = Type.String({
  pattern: '^[A-Za-z0-9][A-Za-z0-9._@-]{0,60}$',
  description: 'Letters, digits, dots, dashes and underscores.',
});

/** US dollars per million tokens, as in a price file. */
export const PanelPrice = Type.Object(
  {
    input: Dollars,
    /** Input read from the provider's cache; default: as input. */
    cachedInput: Type.Optional(Dollars),
    /** Input written to the provider's cache; default: as input. */
    cacheWrite: Type.Optional(Dollars),
    /** Output, reasoning included. */
    output: Dollars,
  },
  strict,
);

/** A model of the panel. */
export const PanelModel = Type.Object(
  {
    /** What tables call it; default: the model. */
    name: Type.Optional(Name),
    model: Type.String({
      pattern: '^[a-z-]+/.+$',
      description:
        'provider/model, such as openai/gpt-4o; the path of scripted/FILE is relative to this file.',
    }),
    profile: Type.Optional(Type.String({ description: 'How the model works: native or stirrup-aa.' })),
    price: PanelPrice,
    contextTokens: Type.Optional(Type.Integer({ minimum: 1000 })),
    settings: Type.Optional(
      Type.Object(
        {
          reasoningEffort: Type.Optional(Type.String()),
          temperature: Type.Optional(Type.Number({ minimum: 0 })),
          seed: Type.Optional(Type.Integer({ minimum: 0 })),
          maxTokens: Type.Optional(Type.Integer({ minimum: 1 })),
        },
        strict,
      ),
    ),
    /** What a sample takes, for the estimate before the first call; measured samples replace it. */
    typical: Type.Optional(
      Type.Object(
        {
          turns: Type.Optional(Type.Integer({ minimum: 1 })),
          /** Tokens that a turn adds to the conversation: the call and its result. */
          tokensPerTurn: Type.Optional(Type.Integer({ minimum: 1 })),
          /** Tokens of output in a turn, reasoning included. */
          outputPerTurn: Type.Optional(Type.Integer({ minimum: 1 })),
        },
        strict,
      ),
    ),
  },
  strict,
);
export type PanelModel = Static<typeof PanelModel>;

/** A solver without a model as a member: costs nothing. */
export const PanelAgent = Type.Object(
  { agent: Type.String({ description: 'A solver without a model, such as ensemble.' }) },
  strict,
);

/** A reference panel (`panel.yaml`): the models whose results decide how difficult a task is. */
export const Panel = Type.Object(
  {
    apiVersion: Type.Literal('culprit.dev/v1'),
    kind: Type.Literal('Panel'),
    metadata: Type.Object({ name: Name, summary: Type.String() }, strict),
    members: Type.Array(Type.Union([PanelModel, PanelAgent]), { minItems: 1 }),
    /** Rounds: every member once on every task whose band is open. */
    repeats: Type.Object(
      {
        /** Rounds before the first look. */
        least: Type.Integer({ minimum: 1, maximum: 1000 }),
        /** Rounds at most; part of the rule, so fixed before the first call. */
        most: Type.Integer({ minimum: 1, maximum: 1000 }),
      },
      strict,
    ),
    /** Limits of one sample. */
    limits: Type.Optional(
      Type.Object(
        {
          turns: Type.Optional(Type.Integer({ minimum: 1 })),
          time: Type.Optional(Type.String({ pattern: durationPattern, examples: ['30m'] })),
          tokens: Type.Optional(Type.Integer({ minimum: 1 })),
          costUsd: Type.Optional(Dollars),
        },
        strict,
      ),
    ),
    /** US dollars that all calls together may cost; `--max-cost` wins. */
    maxCostUsd: Type.Optional(Dollars),
    /** Probes for memorisation, samples of each model and task with causes; 0 leaves one out. */
    probes: Type.Optional(
      Type.Object(
        {
          /** The instruction and the README only. */
          withoutEvidence: Type.Optional(Type.Integer({ minimum: 0, maximum: 1000 })),
          /** The same bundle with every service and namespace under another name. */
          renamed: Type.Optional(Type.Integer({ minimum: 0, maximum: 1000 })),
        },
        strict,
      ),
    ),
  },
  strict,
);
export type Panel = Static<typeof Panel>;
export type PanelMember = Panel['members'][number];

/** What a member's samples are filed under. */
export function memberName(member: PanelMember): string {
  if ('agent' in member) return member.agent;
  if (member.name !== undefined) return member.name;
  const [provider = '', ...rest] = member.model.split('/');
  const last = rest.at(-1) ?? '';
  return /^(?:scripted|replay)$/.test(provider)
    ? `${provider}/${last.replace(/\.(?:ya?ml|json)$/, '')}`
    : member.model;
}
