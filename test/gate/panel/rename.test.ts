import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { mapOf } from '../../../src/gate/panel/rename/name-map.ts';
import { renameTasks } from '../../../src/gate/panel/rename/rename-tasks.ts';
import { textRenamer } from '../../../src/gate/panel/rename/rename-text.ts';
import { lastChangedObject } from '../../../src/harness/agents/last-changed-object.ts';
import { loadTask } from '../../../src/harness/load-task.ts';
import { oracleSubmission } from '../../../src/scoring/oracle.ts';
import { createTaskScorer } from '../../../src/scoring/score-run.ts';
import { verifyBundle } from '../../../src/snapshot/verify-bundle.ts';
import { smallBundle } from '../../helpers/small-bundle.ts';
import { temporaryFolder } from '../../helpers/small-scenario.ts';

const names = ['storefront', 'cart', 'cart-redis', 'orders', 'web-frontend', 'worker-2', 'rate', 'accounts'];
const structure = new Set(['service', 'account', 'name', 'rate', 'data']);

describe('names', () => {
  const map = mapOf(names, structure, 1);
  const rename = textRenamer(map);
  const cart = map.words.get('cart') ?? '';

  it('change everywhere in every spelling', () => {
    expect(rename('storefront/Deployment/cart')).toBe(`${map.words.get('storefront')}/Deployment/${cart}`);
    expect(rename('http://cart-redis.storefront:6379 CART_REDIS_URL cartId /carts/1 Cart')).toBe(
      `http://${cart}-redis.${map.words.get('storefront')}:6379 ${cart.toUpperCase()}_REDIS_URL ${cart}Id /${cart}s/1 ${cart.charAt(0).toUpperCase()}${cart.slice(1)}`,
    );
    expect(rename('"a\\ncart: 1"')).toBe(`"a\\n${cart}: 1"`);
    expect(rename('web-frontend WEB_FRONTEND web')).not.toMatch(/frontend/i);
  });

  it('leave words alone that only contain them or belong to Kubernetes', () => {
    for (const text of [
      'discarted cartography',
      'kubernetes.io/service-account.name',
      'a service account',
      'NoCarts',
    ])
      expect(rename(text)).toBe(text);
  });

  it('that mean something else change only where they are names', () => {
    const rate = map.guarded.get('rate') ?? '';
    expect(rate).not.toBe('');
    expect(rename('sum(rate(http_requests_total[2m])) {"rate":5}')).toBe(
      'sum(rate(http_requests_total[2m])) {"rate":5}',
    );
    expect(rename('hotel/Deployment/rate rate-7d9f8-x2x4z {"service":"rate"} http://rate.hotel:80')).toBe(
      `hotel/Deployment/${rate} ${rate}-7d9f8-x2x4z {"service":"${rate}"} http://${rate}.hotel:80`,
    );
  });

  it('stay distinct, whatever they are', () => {
    const name = fc.stringMatching(/^[a-z]{3,8}(-[a-z]{3,8}){0,2}$/);
    fc.assert(
      fc.property(fc.uniqueArray(name, { minLength: 2, maxLength: 12 }), (list) => {
        const renamed = list.map(textRenamer(mapOf(list, new Set(), 5)));
        expect(new Set(renamed).size).toBe(list.length);
        for (const [index, text] of renamed.entries()) expect(text).not.toBe(list[index]);
      }),
    );
  });
});

it('a renamed bundle verifies, has the renamed truth for an answer, and is as hard for who reads it', async () => {
  await using folder = await temporaryFolder();
  const bundle = await smallBundle(join(folder.path, 'as-built'));
  const scorer = await createTaskScorer(bundle);
  const [renamed] = await renameTasks([{ task: scorer.task, bundle, scorer }], join(folder.path, 'renamed'));
  if (!renamed) throw new Error('no task');
  expect((await verifyBundle(renamed.bundle)).findings).toEqual([]);
  expect(renamed.scorer.score(oracleSubmission(renamed.scorer.truth)).value).toBe(1);
  expect(renamed.scorer.score(oracleSubmission(scorer.truth)).value).toBe(0);
  expect(readdirSync(renamed.bundle)).not.toContain('private');
  for (const file of readdirSync(join(renamed.bundle, 'public'), { recursive: true, withFileTypes: true })) {
    expect(file.name).not.toMatch(/checkout|frontend/);
    if (file.isFile())
      expect(readFileSync(join(file.parentPath, file.name), 'utf8')).not.toMatch(/checkout|shop/);
  }
  const context = { repeat: 0, signal: new AbortController().signal, record: () => {} };
  const answers = await Promise.all(
    [bundle, renamed.bundle].map(async (path) => lastChangedObject.solve(await loadTask(path), context)),
  );
  expect(renamed.scorer.score(answers[1]?.submission).value).toBe(scorer.score(answers[0]?.submission).value);
});
