import { expect, test } from 'vitest';
import { canonicalJson } from '../../../../src/base/json.ts';
import { deployment, ScriptedWorld, service, withImage } from './scripted-world.ts';

/** Every committed change, in order, as text. */
function run(seed: number, withCause: boolean): string[] {
  const world = new ScriptedWorld({ seed });
  const changes: string[] = [];
  world.store.onCommit(({ type, object }) =>
    changes.push(`${world.simulation.nowMs} ${type} ${canonicalJson(object)}`),
  );
  world.apply(deployment('web', 'app/web:1', { replicas: 3 }));
  world.apply(deployment('other', 'app/crash:1', { replicas: 1 }));
  world.apply(service('web', { app: 'web' }));
  world.pass(60);
  if (withCause) world.edit('deployments.apps', 'web', (object) => withImage(object, 'app/web:2'));
  world.pass(60);
  return changes;
}

test('the same seed gives the same changes, another one others', () => {
  const first = run(3, true);
  expect(first).toEqual(run(3, true));
  expect(first).not.toEqual(run(4, true));
});

test('without one change everything before it is the same, and what it does not touch keeps its course', () => {
  const whole = run(3, true);
  const twin = run(3, false);
  const different = whole.findIndex((change, i) => change !== twin[i]);
  expect(whole[different]).toContain('app/web:2');
  const strip = (changes: readonly string[]) =>
    changes
      .filter((change) => change.includes('"name":"other-'))
      .map((change) => change.replace(/"resourceVersion":"\d+"/g, ''));
  expect(strip(whole)).toEqual(strip(twin));
});
