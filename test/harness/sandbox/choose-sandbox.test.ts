import { afterEach, expect, it, vi } from 'vitest';
import { PrerequisiteError, UserError } from '../../../src/base/errors.ts';
import { chooseSandboxAndWhy, loadSandbox, sandboxNames } from '../../../src/harness/sandbox/index.ts';
import type { SandboxAvailability } from '../../../src/harness/sandbox/sandbox.ts';

afterEach(() => void vi.restoreAllMocks());

async function pretend(states: Readonly<Record<string, SandboxAvailability>>): Promise<void> {
  for (const [name, state] of Object.entries(states))
    vi.spyOn(await loadSandbox(name), 'available').mockResolvedValue(state);
}
const gone: SandboxAvailability = { available: false, reason: 'it is not there', hint: 'get it' };

it('takes the strongest that works, and says what it did not take', async () => {
  await pretend({ docker: gone, bubblewrap: { available: true, detail: 'control groups' } });
  const { sandbox, why } = await chooseSandboxAndWhy('auto');
  expect(sandbox.name).toBe('bubblewrap');
  expect(why).toBe('bubblewrap (control groups); not docker: it is not there (get it)');
});

it('passes over those that cannot reach what is needed', async () => {
  await pretend({ docker: { available: true }, bubblewrap: { available: true } });
  expect((await chooseSandboxAndWhy('auto')).sandbox.name).toBe('docker');
  const { sandbox, why } = await chooseSandboxAndWhy('auto', { allowHosts: ['api.example.com'] });
  expect(sandbox.name).toBe('bubblewrap');
  expect(why).toContain('not docker: it cannot let through to api.example.com');
});

it('never falls back to no isolation', async () => {
  await pretend({ docker: gone, bubblewrap: gone, virtual: gone });
  await expect(chooseSandboxAndWhy('auto')).rejects.toThrow(PrerequisiteError);
  await expect(chooseSandboxAndWhy('docker')).rejects.toThrow(/does not work here: it is not there/);
  expect((await chooseSandboxAndWhy('none')).sandbox.isolated).toBe(false);
});

it('knows the names', async () => {
  expect(sandboxNames).toEqual(['docker', 'bubblewrap', 'virtual', 'none']);
  await expect((async () => loadSandbox('buublewrap'))()).rejects.toThrow(UserError);
});
