import { expect, it } from 'vitest';
import { renderReference } from '../../src/fault/reference.ts';

it('docs/faults.md is fresh', async () => {
  await expect(renderReference()).toMatchFileSnapshot('../../docs/faults.md');
});
