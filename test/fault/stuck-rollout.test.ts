import { describe, expect, it } from 'vitest';
import { memoryLimitOom } from '../../src/fault/catalogue/memory-limit-oom.ts';
import { stuckRollout } from '../../src/fault/distractors/stuck-rollout.ts';
import { viewFromManifests } from '../../src/fault/view.ts';
import { settingProblem } from '../../src/spec/setting-value.ts';
import { loadShop } from './views.ts';

const application = await loadShop();
const shop = viewFromManifests(application, '5e'.repeat(16));

describe('stuck-rollout', () => {
  it('is refused where the update gives up an old pod first, as users would notice', () => {
    const refused = (target: string) => stuckRollout.check({ target }, shop).map(({ message }) => message);
    expect(refused('storefront/Deployment/ads')).toEqual([expect.stringContaining('gives up old pods')]);
    expect(refused('storefront/Deployment/pricing')).toEqual([]);
  });

  it('rolls out a tag that no registry has, as many pods at once as it is told', () => {
    const { operations, expectations } = stuckRollout.plan(
      { target: 'storefront/Deployment/web-frontend', surge: 3 },
      shop,
    );
    expect(operations.map(({ role }) => role)).toEqual(['cover']);
    const body = JSON.stringify(operations[0]?.action);
    expect(body).toContain('"maxSurge":3');
    const tags = application.programs
      .get('registry.shop.internal/storefront/web-frontend')
      ?.releases.map(({ tag }) => tag);
    const tag = /web-frontend:([^"]+)"/.exec(body)?.[1] ?? '';
    expect(tag).not.toBe('');
    expect(tags).not.toContain(tag);
    expect(expectations.some(({ condition }) => condition.type === 'alert')).toBe(true);
  });

  it('or sets what the program refuses, in the template only', () => {
    const setting = 'QUOTE_VALIDITY';
    const { operations } = stuckRollout.plan({ target: 'fulfilment/Deployment/shipping', setting }, shop);
    const action = operations[0]?.action;
    expect(action).toMatchObject({ verb: 'patch', target: { kind: 'Deployment' } });
    const value = new RegExp(`"name":"${setting}","value":"((?:[^"\\\\]|\\\\.)*)"`).exec(
      JSON.stringify(action),
    )?.[1];
    const declared = application.programs
      .get('registry.shop.internal/fulfilment/shipping')
      ?.settings?.find(({ name }) => name === setting);
    expect(declared && settingProblem(declared, value)).toBeDefined();
  });
});

describe('an expected alert', () => {
  it('names the workload where the rule keeps its name', () => {
    const { expectations } = memoryLimitOom.plan({ target: 'storefront/Deployment/catalogue' }, shop);
    expect(expectations.map(({ condition }) => condition)).toContainEqual({
      type: 'alert',
      name: 'KubePodCrashLooping',
      labels: { namespace: 'storefront', container: 'catalogue' },
    });
  });
});
