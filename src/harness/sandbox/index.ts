import { PrerequisiteError } from '../../base/errors.ts';
import { Registry } from '../../base/registry.ts';
import type { Sandbox } from './sandbox.ts';

type Load = () => Promise<Sandbox>;

/** Sandboxes by name, each loaded when it is wanted; the strongest first. `none` is never chosen automatically. */
const loaders: readonly (readonly [name: string, load: Load])[] = [
  ['docker', async () => (await import('./docker/docker.ts')).docker],
  ['bubblewrap', async () => (await import('./bubblewrap/bubblewrap.ts')).bubblewrap],
  ['virtual', async () => (await import('./virtual/virtual.ts')).virtual],
  ['none', async () => (await import('./none.ts')).none],
];

/** Those that can let a session through to a list of hosts; `none` cannot keep anybody from anything. */
const reachingHosts: ReadonlySet<string> = new Set(['bubblewrap', 'none']);

export const sandboxNames: readonly string[] = loaders.map(([name]) => name);

/** The sandbox of this name, whether it works here or not. UserError for an unknown name. */
export function loadSandbox(name: string): Promise<Sandbox> {
  return new Registry<Load>('sandbox', Object.fromEntries(loaders)).get(name)();
}

export interface SandboxNeeds {
  /** Hosts that the agent must be able to reach. */
  readonly allowHosts?: readonly string[];
}

export interface SandboxChoice {
  readonly sandbox: Sandbox;
  /** One line for people: what was taken, what it runs on, and what stronger ones lack here. */
  readonly why: string;
}

/**
 * The sandbox of this name, if it works here; for `auto` the strongest that does and has what is needed.
 * PrerequisiteError with the reasons otherwise.
 */
export async function chooseSandboxAndWhy(name: string, needs: SandboxNeeds = {}): Promise<SandboxChoice> {
  if (name !== 'auto') {
    const sandbox = await loadSandbox(name);
    const state = await sandbox.available();
    if (state.available) return { sandbox, why: described(name, state.detail) };
    throw new PrerequisiteError('sandbox', `the sandbox ${name} does not work here: ${state.reason}`, {
      hint: state.hint,
    });
  }
  const reasons: string[] = [];
  for (const [candidate, load] of loaders) {
    if (candidate === 'none') continue;
    if (needs.allowHosts && needs.allowHosts.length > 0 && !reachingHosts.has(candidate)) {
      reasons.push(`${candidate}: it cannot let through to ${needs.allowHosts.join(', ')}`);
      continue;
    }
    const sandbox = await load();
    const state = await sandbox.available();
    if (state.available)
      return { sandbox, why: [described(candidate, state.detail), ...reasons].join('; not ') };
    reasons.push(`${candidate}: ${state.reason}${state.hint === undefined ? '' : ` (${state.hint})`}`);
  }
  throw new PrerequisiteError('sandbox', `no sandbox works here (${reasons.join('; ')})`, {
    hint: '--sandbox none runs commands on this machine without isolation; such a run is marked and never ranked',
  });
}

function described(name: string, detail: string | undefined): string {
  return detail === undefined ? name : `${name} (${detail})`;
}
