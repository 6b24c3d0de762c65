import { describe, expect, it } from 'vitest';
import { networkPolicyDeny } from '../../src/fault/catalogue/network-policy-deny.ts';
import { allowsConnection, endOf } from '../../src/fault/network-policies.ts';
import { newPolicy, withoutPeer, withoutPort } from '../../src/fault/policy-changes.ts';
import { target } from '../../src/fault/targets.ts';
import type { KubeObject } from '../../src/spec/kube-types.ts';
import { bakeryView } from './views.ts';

const view = await bakeryView();
const orders = target(view, 'back/orders');
const oven = target(view, 'back/oven');
const db = target(view, 'back/orders-db');
const counter = target(view, 'front/counter');

function policy(name: string, spec: object): KubeObject {
  return {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'NetworkPolicy',
    metadata: { name, namespace: 'back' },
    spec,
  };
}
const passes = (policies: KubeObject[], from: KubeObject, to: KubeObject, port: number) =>
  allowsConnection(view, policies, endOf(from), endOf(to), port);

describe('NetworkPolicy rules', () => {
  const all = { podSelector: {}, policyTypes: ['Ingress'] };
  it.each<[string, KubeObject[], boolean]>([
    ['no policy allows', [], true],
    ['an isolating policy without rules denies', [policy('a', all)], false],
    ['an empty rule allows everybody: the classic mistake', [policy('a', { ...all, ingress: [{}] })], true],
    ['an empty list of peers allows everybody', [policy('a', { ...all, ingress: [{ from: [] }] })], true],
    ['an empty list of rules denies', [policy('a', { ...all, ingress: [] })], false],
    [
      'policies add up',
      [
        policy('a', all),
        policy('b', { ...all, ingress: [{ from: [{ podSelector: { matchLabels: { app: 'orders' } } }] }] }),
      ],
      true,
    ],
    [
      'a pod selector means pods of the same namespace',
      [policy('a', { ...all, ingress: [{ from: [{ podSelector: {} }], ports: [{ port: 7000 }] }] })],
      true,
    ],
    ['another port is not covered', [policy('a', { ...all, ingress: [{ ports: [{ port: 7001 }] }] })], false],
    ['a named port is looked up', [policy('a', { ...all, ingress: [{ ports: [{ port: 'http' }] }] })], true],
    [
      'a range covers',
      [policy('a', { ...all, ingress: [{ ports: [{ port: 6000, endPort: 8000 }] }] })],
      true,
    ],
    [
      'UDP is not TCP',
      [policy('a', { ...all, ingress: [{ ports: [{ port: 7000, protocol: 'UDP' }] }] })],
      false,
    ],
    [
      'egress of the caller counts too',
      [policy('a', { podSelector: { matchLabels: { app: 'orders' } }, policyTypes: ['Egress'] })],
      false,
    ],
  ])('%s', (_, policies, expected) => {
    expect(passes(policies, orders, oven, 7000)).toBe(expected);
  });

  it("selects peers of other namespaces by the namespace's labels", () => {
    const rule = (labels: object) => [
      policy('a', { ...all, ingress: [{ from: [{ namespaceSelector: { matchLabels: labels } }] }] }),
    ];
    expect(passes(rule({ tier: 'front' }), counter, orders, 9000)).toBe(true);
    expect(passes(rule({ 'kubernetes.io/metadata.name': 'front' }), counter, orders, 9000)).toBe(true);
    expect(passes(rule({ tier: 'back' }), counter, orders, 9000)).toBe(false);
  });
});

describe('a change of policies', () => {
  it('takes the whole rule with its last peer: no peers would mean everybody', () => {
    const change = withoutPeer(view, target(view, 'back/orders-db', ['NetworkPolicy']), orders);
    expect(change).toMatchObject({ policy: { spec: { ingress: [] } } });
    if (!('policy' in change)) throw new Error('refused');
    expect(passes([change.policy], orders, db, 5432)).toBe(false);
  });

  it('never leaves a rule without ports: that would mean every port', () => {
    const change = withoutPort(target(view, 'back/orders-db', ['NetworkPolicy']), 5432);
    expect(change).toMatchObject({ policy: { spec: { ingress: [{ ports: [{ port: 5433 }] }] } } });
  });

  it('adds a policy that lets through what is used, but for the one that is cut off', () => {
    const change = newPolicy(view, orders, 'egress', oven, undefined);
    if (!('policy' in change)) throw new Error('refused');
    expect(passes([change.policy], orders, oven, 7000)).toBe(false);
    expect(passes([change.policy], orders, db, 5432)).toBe(true);
    expect(change.policy.metadata.name).toBe('orders-egress');
  });

  it('that nothing would feel is refused', () => {
    expect(
      networkPolicyDeny.check(
        { variant: 'remove-peer', policy: 'back/orders-db', peer: 'back/Deployment/oven' },
        view,
      ),
    ).toMatchObject([{ path: '/peer' }]);
    expect(
      networkPolicyDeny.check(
        { variant: 'new-policy', target: 'back/StatefulSet/orders-db', direction: 'ingress' },
        view,
      ),
    ).toMatchObject([{ message: 'no call of the application would be cut off by this' }]);
    expect(
      networkPolicyDeny.check({ variant: 'new-policy', target: 'back/oven', port: 1 }, view),
    ).toMatchObject([{ path: '/port' }]);
  });
});
