import { type Static, Type } from 'typebox';

const strict = { additionalProperties: false } as const;
const Dollars = Type.Number({ minimum: 0 });

/** What a model costs, in US dollars per million tokens, and how much it can read. */
export const ModelPrice = Type.Object(
  {
    /** `provider/model`; a `*` at the end stands for any rest. */
    model: Type.String({ pattern: '^[^*]+\\*?$' }),
    input: Dollars,
    /** Input read from the provider's cache; default: as input. */
    cachedInput: Type.Optional(Dollars),
    /** Input written to the provider's cache; default: as input. */
    cacheWrite: Type.Optional(Dollars),
    /** Output, reasoning included. */
    output: Dollars,
    /** Tokens the model can take in and give out together. */
    contextTokens: Type.Optional(Type.Integer({ minimum: 1000 })),
  },
  strict,
);
export type ModelPrice = Static<typeof ModelPrice>;

/** A price file (`prices.yaml`). */
export const PriceFile = Type.Object(
  {
    apiVersion: Type.Literal('culprit.dev/v1'),
    kind: Type.Literal('Prices'),
    /** The exact name wins, then the longest pattern. */
    models: Type.Array(ModelPrice),
  },
  strict,
);
export type PriceFile = Static<typeof PriceFile>;
