import { type Static, Type } from 'typebox';

/** One node of the embedded cluster. */
export const NodeProfile = Type.Object(
  {
    name: Type.String(),
    role: Type.Union([Type.Literal('control-plane'), Type.Literal('worker')]),
    cpu: Type.String({ description: 'Allocatable CPU, e.g. "4".' }),
    memory: Type.String({ description: 'Allocatable memory, e.g. "16Gi".' }),
    zone: Type.Optional(Type.String()),
  },
  { additionalProperties: false },
);

/** `clusters/*.yaml`: where scenarios run. */
export const ClusterProfile = Type.Object(
  {
    apiVersion: Type.Literal('culprit.dev/v1'),
    kind: Type.Literal('ClusterProfile'),
    name: Type.String(),
    provider: Type.Union([Type.Literal('embedded'), Type.Literal('kind'), Type.Literal('kubeconfig')]),
    embedded: Type.Optional(
      Type.Object(
        {
          kubernetesVersion: Type.String({ description: 'Version the API reports, e.g. "v1.34.2".' }),
          nodes: Type.Array(NodeProfile, { minItems: 1 }),
          scrapeInterval: Type.Optional(Type.String({ default: '15s' })),
          evaluationInterval: Type.Optional(Type.String({ default: '15s' })),
        },
        { additionalProperties: false },
      ),
    ),
  },
  { additionalProperties: false },
);
export type ClusterProfile = Static<typeof ClusterProfile>;
