import { type Static, Type } from 'typebox';

const strict = { additionalProperties: false } as const;

/** One reply of a scripted model: text, tool calls, or both. */
export const ScriptTurn = Type.Object(
  {
    text: Type.Optional(Type.String()),
    reasoning: Type.Optional(Type.String()),
    /** Short for a call of the shell tool, whatever the profile calls it. */
    shell: Type.Optional(Type.String()),
    /** Short for giving the answer, in the way of the profile: entity names, or factors with reasons. */
    answer: Type.Optional(
      Type.Array(
        Type.Union([
          Type.String(),
          Type.Object(
            {
              name: Type.String(),
              reasoning: Type.Optional(Type.String()),
              evidence: Type.Optional(Type.String()),
            },
            strict,
          ),
        ]),
      ),
    ),
    /** Calls as given: arguments that are text go out as they are, also if they are not JSON. */
    calls: Type.Optional(
      Type.Array(
        Type.Object(
          {
            name: Type.String(),
            arguments: Type.Union([Type.String(), Type.Record(Type.String(), Type.Unknown())]),
          },
          strict,
        ),
      ),
    ),
    /** How long the reply takes. */
    delayMs: Type.Optional(Type.Integer({ minimum: 0, maximum: 3_600_000 })),
    /** Tokens to report; an estimate from the length of the texts by default. */
    usage: Type.Optional(
      Type.Object(
        {
          input: Type.Optional(Type.Integer({ minimum: 0 })),
          cached: Type.Optional(Type.Integer({ minimum: 0 })),
          output: Type.Optional(Type.Integer({ minimum: 0 })),
          reasoning: Type.Optional(Type.Integer({ minimum: 0 })),
        },
        strict,
      ),
    ),
  },
  strict,
);
export type ScriptTurn = Static<typeof ScriptTurn>;

/** What a scripted model says (`scripted/FILE`). */
export const Script = Type.Object(
  {
    apiVersion: Type.Literal('culprit.dev/v1'),
    kind: Type.Literal('Script'),
    /** For every task that has no turns of its own. After the last turn the model has nothing more to say. */
    turns: Type.Optional(Type.Array(ScriptTurn)),
    /** By task id. */
    tasks: Type.Optional(Type.Record(Type.String(), Type.Array(ScriptTurn))),
  },
  strict,
);
export type Script = Static<typeof Script>;
