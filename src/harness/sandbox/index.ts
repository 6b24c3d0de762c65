import { PrerequisiteError } from '../../base/errors.ts';
import { Registry } from '../../base/registry.ts';
import type { Sandbox } from './sandbox.ts';

/** Sandboxes by name, each loaded when it is wanted; the strongest first. `none` is never chosen automatically. */
const loaders: readonly (readonly [name: string, load: () => Promise<Sandbox>])[] = [
  ['none', async () => (await import('./none.ts')).none],
];

export const sandboxNames: readonly string[] = loaders.map(([name]) => name);

/**
 * The sandbox of this name, if it works here; for `auto` the strongest that does. PrerequisiteError with the reasons
 * otherwise.
 */
export async function chooseSandbox(name: string): Promise<Sandbox> {
  if (name !== 'auto') {
    const sandbox = await new Registry('sandbox', Object.fromEntries(loaders)).get(name)();
    const state = await sandbox.available();
    if (state.available) return sandbox;
    throw new PrerequisiteError('sandbox', `the sandbox ${name} does not work here: ${state.reason}`, {
      hint: state.hint,
    });
  }
  const reasons: string[] = [];
  for (const [candidate, load] of loaders) {
    if (candidate === 'none') continue;
    const sandbox = await load();
    const state = await sandbox.available();
    if (state.available) return sandbox;
    reasons.push(`${candidate}: ${state.reason}`);
  }
  throw new PrerequisiteError('sandbox', `no sandbox works here (${reasons.join('; ') || 'there is none'})`, {
    hint: '--sandbox none runs commands on this machine without isolation; such a run is marked and never ranked',
  });
}
