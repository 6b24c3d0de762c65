import { join } from 'node:path';
import type { ClusterView } from '../../src/fault/fault.ts';
import { viewFromManifests } from '../../src/fault/view.ts';
import type { Application } from '../../src/spec/application.ts';
import { loadApplication } from '../../src/spec/load-application.ts';

/** The tiny application of these tests. */
export async function loadBakery(): Promise<Application> {
  return load(join(import.meta.dirname, 'testdata/bakery'));
}

export async function loadShop(): Promise<Application> {
  return load(join(import.meta.dirname, '../../clusters/apps/shop'));
}

export async function bakeryView(): Promise<ClusterView> {
  return viewFromManifests(await loadBakery(), '00'.repeat(16));
}

async function load(directory: string): Promise<Application> {
  const loaded = await loadApplication(directory);
  if (!loaded.ok)
    throw new Error(
      loaded.diagnostics.map((d) => `${d.location.file}:${d.location.line} ${d.message}`).join('\n'),
    );
  return loaded.value;
}
