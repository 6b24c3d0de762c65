import { spawn } from 'node:child_process';
import { OperationError } from '../../base/errors.ts';
import { type ClusterState, type KindRecord, writeClusterState } from '../cluster-state.ts';
import { nodeContainers } from './docker.ts';
import { runCommand } from './run-command.ts';
import type { WantedImage } from './wanted-images.ts';

export interface LoadOptions {
  readonly folder: string;
  readonly state: ClusterState;
  readonly images: readonly WantedImage[];
  /** Image ids by name. */
  readonly ids: ReadonlyMap<string, string>;
  readonly onStep: (text: string) => void;
  readonly signal?: AbortSignal;
}

/**
 * Puts into each node what its pods may name and it does not have yet: one archive a node, unpacked when a pod needs it.
 * Answers the new record, and the names that stood for other images before.
 */
export async function loadImages(
  options: LoadOptions,
): Promise<{ readonly state: ClusterState; readonly replaced: ReadonlySet<string> }> {
  const { folder, state, images, ids, onStep, signal } = options;
  const record = state.kind;
  if (record === undefined) throw new Error('loadImages is for kind clusters');
  const loaded: Record<string, Record<string, string>> = structuredClone(record.loaded) as Record<
    string,
    Record<string, string>
  >;
  const replaced = new Set<string>();
  await Promise.all(
    (await nodeContainers(record.clusterName)).map(async ({ id, name }) => {
      const role = name.includes('-control-plane') ? 'control-plane' : 'workers';
      const has = loaded[id] ?? {};
      loaded[id] = has;
      const missing = images
        .filter(({ where, ref }) => where.includes(role) && ids.get(ref) !== has[ref])
        .map(({ ref }) => ref);
      if (missing.length === 0) return;
      onStep(`loading ${missing.length} images into ${name}`);
      await transfer(missing, id, signal);
      for (const ref of missing) {
        if (has[ref] !== undefined) replaced.add(ref);
        has[ref] = ids.get(ref) ?? '';
      }
    }),
  );
  const kind: KindRecord = { ...record, loaded };
  const next = { ...state, kind };
  await writeClusterState(folder, next);
  return { state: next, replaced };
}

async function transfer(refs: readonly string[], container: string, signal?: AbortSignal): Promise<void> {
  const save = spawn('docker', ['save', ...refs], { stdio: ['ignore', 'pipe', 'pipe'], detached: true });
  let said = '';
  save.stderr.setEncoding('utf8').on('data', (text: string) => {
    said += text;
  });
  const saved = new Promise<number>((resolve, reject) => {
    save.on('error', reject);
    save.on('close', (code) => resolve(code ?? 1));
  });
  try {
    const imported = runCommand(
      'docker',
      [
        'exec',
        '-i',
        container,
        'ctr',
        '--namespace=k8s.io',
        'images',
        'import',
        '--digests',
        '--no-unpack',
        '-',
      ],
      { input: save.stdout, timeoutMs: 900_000, ...(signal ? { signal } : {}) },
    );
    const [code] = await Promise.all([saved, imported]);
    if (code !== 0) throw new OperationError('command-failed', `docker save failed: ${said.trim()}`);
  } finally {
    if (save.exitCode === null) save.kill('SIGTERM');
  }
}
