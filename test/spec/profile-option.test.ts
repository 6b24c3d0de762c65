import { resolve } from 'node:path';
import { expect, test } from 'vitest';
import { findProfile, packageRoot, profileOption } from '../../src/spec/workspace.ts';

test('a profile given as a path is looked up from where the command runs, a name from the scenario', async () => {
  const elsewhere = resolve(packageRoot, 'scenarios/kind');
  const path = profileOption('clusters/embedded-test.yaml', packageRoot);
  expect(await findProfile(path, elsewhere)).toBe(resolve(packageRoot, 'clusters/embedded-test.yaml'));
  expect(profileOption('embedded-test', packageRoot)).toBe('embedded-test');
  expect(profileOption(undefined, packageRoot)).toBeUndefined();
});
