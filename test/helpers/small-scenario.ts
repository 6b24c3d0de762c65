import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stringify } from 'yaml';

/** A temporary folder that is removed at the end of its scope. */
export async function temporaryFolder(): Promise<{ readonly path: string } & AsyncDisposable> {
  const path = await mkdtemp(join(tmpdir(), 'culprit-test-'));
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) };
}

/** Writes a short scenario of `shop` (a few minutes, little load) and answers its path. */
export async function smallScenario(
  folder: string,
  name: string,
  parts: { faults?: unknown[]; seed?: string; [part: string]: unknown } = {},
): Promise<string> {
  const path = join(folder, `${name}.yaml`);
  const { seed = '0123456789abcdef0123456789abcdef', faults = [imageNotFound], ...rest } = parts;
  await writeFile(
    path,
    stringify({
      apiVersion: 'culprit.dev/v1',
      kind: 'Scenario',
      metadata: { name, summary: 'A small scenario for tests', split: 'public', version: 1 },
      domain: 'sre',
      application: 'shop',
      cluster: 'embedded',
      timeline: { warmUp: '3m', baseline: '3m', incident: '6m' },
      load: { requestsPerSecond: 4 },
      telemetry: { traceSampling: 0.02 },
      faults,
      seed,
      ...rest,
    }),
  );
  return path;
}

export const imageNotFound = { fault: 'image-not-found', args: { target: 'storefront/Deployment/search' } };
