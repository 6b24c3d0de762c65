import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import type { Condition, ContainerState, Pod } from '../../../../src/cluster/embedded/controllers/kinds.ts';
import { ScriptedWorld } from '../world/scripted-world.ts';

interface RealState {
  phase: string;
  conditions: [type: string, status: string, reason: string | null, message: string | null][];
  container: {
    state: ContainerState | null;
    lastState: ContainerState | null;
    ready: boolean | null;
    restartCount: number | null;
  };
}

const recorded = JSON.parse(
  readFileSync(new URL('../testdata/real-pod-states.json', import.meta.url), 'utf8'),
) as Record<string, RealState[]>;

function stateText(state: ContainerState | null | undefined): string {
  if (state?.waiting) return `waiting ${state.waiting.reason}`;
  if (state?.terminated) return `terminated ${state.terminated.reason}`;
  return state?.running ? 'running' : '-';
}

function conditionText(type: string, status: string, reason: string | null | undefined): string {
  return `${type}=${status}${reason ? ` ${reason}` : ''}`;
}

function realTexts(name: string): string[] {
  return (recorded[name] ?? []).map(({ phase, conditions, container }) =>
    [
      phase,
      conditions.map(([t, s, r]) => conditionText(t, s, r)),
      stateText(container.state),
      stateText(container.lastState),
      container.ready,
      container.restartCount,
    ].join(' | '),
  );
}

function ourTexts(pod: Record<string, unknown>, seconds: number): string[] {
  const world = new ScriptedWorld();
  const texts: string[] = [];
  world.store.onCommit(({ resource, object, type }) => {
    if (resource !== 'pods' || object.metadata.name !== 'pod' || type === 'DELETED') return;
    const { status } = object as Pod;
    const container = status?.containerStatuses?.[0];
    const conditions = (status?.conditions ?? [])
      // reported since 1.29; the recorded cluster is older
      .filter((one: Condition) => one.type !== 'PodReadyToStartContainers')
      .map((one) => conditionText(one.type, one.status, one.reason));
    texts.push(
      [
        status?.phase,
        conditions,
        stateText(container?.state),
        stateText(container?.lastState),
        container?.ready ?? null,
        container?.restartCount ?? null,
      ].join(' | '),
    );
  });
  world.apply({ apiVersion: 'v1', kind: 'Pod', metadata: { name: 'pod', namespace: 'shop' }, spec: pod });
  world.pass(seconds);
  return texts;
}

const limits = { memory: '64Mi' };
const cases: Record<string, { pod: Record<string, unknown>; seconds: number; states: number }> = {
  crash: { pod: { containers: [{ name: 'app', image: 'app/crash:1' }] }, seconds: 70, states: 7 },
  oom: {
    pod: { containers: [{ name: 'app', image: 'app/oom:1', resources: { limits } }] },
    seconds: 70,
    states: 9,
  },
  badimage: {
    pod: { containers: [{ name: 'app', image: 'registry.example.com/shop/cart:missing' }] },
    seconds: 70,
    states: 7,
  },
  noconfig: {
    pod: {
      containers: [{ name: 'app', image: 'app/web:1', envFrom: [{ configMapRef: { name: 'absent' } }] }],
    },
    seconds: 30,
    states: 4,
  },
  novolume: {
    pod: {
      containers: [{ name: 'app', image: 'app/web:1' }],
      volumes: [{ name: 'c', configMap: { name: 'absent' } }],
    },
    seconds: 30,
    states: 3,
  },
  huge: {
    pod: { containers: [{ name: 'app', image: 'app/web:1' }], nodeSelector: { disk: 'fast' } },
    seconds: 30,
    states: 2,
  },
};

test.each(Object.entries(cases))(
  'a pod goes through the states a real cluster recorded: %s',
  (name, { pod, seconds, states }) => {
    const ours = ourTexts(pod, seconds);
    let at = 0;
    for (const real of realTexts(name).slice(0, states)) {
      const found = ours.indexOf(real, at);
      expect(
        found,
        `${real}\nis not among what follows:\n${ours.slice(at).join('\n')}`,
      ).toBeGreaterThanOrEqual(0);
      at = found;
    }
  },
);
