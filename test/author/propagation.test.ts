import { expect, test } from 'vitest';
import { propagationEdges } from '../../src/author/propagation.ts';
import type { Topology } from '../../src/capture/recording.ts';
import type { EntityGraph } from '../../src/entity/graph.ts';

const graph = { edges: [] } as unknown as EntityGraph;
const call = (from: string, to: string) => ({ from, to, protocol: 'http' });
const topology = {
  services: [],
  calls: [call('web', 'catalogue'), call('web', 'checkout'), call('checkout', 'mail')],
} as unknown as Topology;
const edges = (symptoms: string[], starved: string[]) =>
  propagationEdges(['catalogue'], symptoms, new Set(starved), graph, topology, (name) => name).map(
    ({ from, to, kind }) => `${from} > ${to} ${kind}`,
  );

test('who only lacks requests is reached through callers that hardly suffer; who fails is not', () => {
  expect(edges(['web', 'mail'], ['mail'])).toEqual([
    'catalogue > web called by (http)',
    'checkout > mail calls less (http)',
    'web > checkout calls less (http)',
  ]);
  expect(edges(['web', 'mail'], [])).toEqual(['catalogue > web called by (http)']);
});
