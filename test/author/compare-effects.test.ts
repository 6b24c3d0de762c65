import { describe, expect, test } from 'vitest';
import {
  compareEffects,
  type ProvenEffects,
  provenEffects,
  stabilityOf,
} from '../../src/author/compare-effects.ts';
import type { Effects } from '../../src/author/prove.ts';
import { plainNodeNames } from '../../src/snapshot/node-names.ts';
import type { GroundTruth } from '../../src/spec/bundle.ts';

const run = (parts: Partial<ProvenEffects> = {}): ProvenEffects => ({
  rootCauses: ['shop/Deployment/a'],
  alerts: ['X shop/a', 'Y shop/b'],
  met: ['f/e1'],
  felt: ['errors'],
  ...parts,
});

describe('two runs on a real cluster', () => {
  test('are the same where truth and effects are, though pods and alerts differ', () => {
    const effects = (pod: string) =>
      ({
        alertsDueToCauses: [
          { name: 'KubePodNotReady', labels: { namespace: 'shop', pod, instance: pod }, afterMs: 1 },
          {
            name: 'DependencyErrors',
            labels: { namespace: 'shop', service: 'b', server_address: 'a' },
            afterMs: 1,
          },
          { name: 'KubeNodeNotReady', labels: { node: 'n1' }, afterMs: 1 },
        ],
        expectations: [],
        indicators: [],
      }) as unknown as Effects;
    const of = (pod: string) => provenEffects({ rootCauses: [] }, effects(pod), (text) => text);
    expect(of('a-6d5f8c7b9d-x2x4z')).toEqual(of('a-7c9b6996b6-5mjcm'));
    expect(of('a-6d5f8c7b9d-x2x4z').alerts).toEqual([
      'DependencyErrors shop/b a',
      'KubeNodeNotReady n1',
      'KubePodNotReady shop/a',
    ]);
    expect(compareEffects(run(), run({ alerts: ['X shop/a', 'Z shop/c'] }))).toEqual({
      sameTruth: true,
      sameEffects: true,
      alertAgreement: 1 / 3,
      differences: ['alert Y shop/b is gone', 'alert Z shop/c is new'],
    });
  });

  test('are the same where another of two equal workers is lost, on a cluster of another name', () => {
    const lost = (cluster: string, node: string) => {
      const names = [`${cluster}-control-plane`, `${cluster}-worker`, `${cluster}-worker2`];
      const effects = { alertsDueToCauses: [{ name: 'KubeNodeNotReady', labels: { node }, afterMs: 1 }] };
      return provenEffects(
        { rootCauses: [{ entity: `cluster/Node/${node}` }] } as Pick<GroundTruth, 'rootCauses'>,
        { ...effects, expectations: [], indicators: [] } as unknown as Effects,
        plainNodeNames(
          names.map((name) => ({ name, isWorker: !name.endsWith('plane') })),
          new Set([node]),
        ),
      );
    };
    expect(lost('a', 'a-worker2')).toEqual(lost('shop-eu2', 'shop-eu2-worker'));
    expect(lost('a', 'a-worker2').rootCauses).toEqual(['cluster/Node/worker']);
  });

  test('differ where a cause, an expectation or what users feel is another', () => {
    expect(compareEffects(run(), run({ rootCauses: ['shop/Service/a'] })).sameTruth).toBe(false);
    expect(compareEffects(run(), run({ met: [] })).sameEffects).toBe(false);
    expect(compareEffects(run(), run({ felt: [] })).sameEffects).toBe(false);
    expect(compareEffects(run(), run({ felt: ['errors', 'latency'] })).sameEffects).toBe(true);
  });
});

test('stability counts what was proved, the common truth and alerts that come and go', () => {
  expect(
    stabilityOf([run(), undefined, run({ alerts: ['X shop/a'] }), run({ rootCauses: ['other'] })]),
  ).toEqual({
    runs: 4,
    proved: 3,
    sameTruth: 2,
    alertAgreement: (0.5 + 1 + 0.5) / 3,
    unsteadyAlerts: [{ alert: 'Y shop/b', runs: 2 }],
  });
});
