import { inParallel } from '../../base/in-parallel.ts';
import { byText } from '../../base/order.ts';
import type { KubeClient } from '../../kube/client.ts';
import { isConflict, isNotFound } from '../../kube/errors.ts';
import { type KubeObject, refOf } from '../../kube/objects.ts';
import type { AppliedVersions, LiveObjects } from './live-objects.ts';

/** Field manager of what an operator applied. */
const manager = 'kubectl-client-side-apply';

type Fields = Readonly<Record<string, unknown>>;
type Texts = Readonly<Record<string, string>>;

/** What is known of a cluster before something is applied to it. */
export interface Known {
  readonly live: LiveObjects;
  readonly applied: AppliedVersions;
}

/**
 * Makes an object what the manifest says, whatever was done to it: created, or replaced as a whole, so that fields that
 * somebody added go. What the server wrote itself (addresses, revisions, tokens) stays; one that is as it should be is
 * not touched.
 */
export async function applyObject(kube: KubeClient, manifest: KubeObject, known?: Known): Promise<void> {
  const seen = known === undefined ? 'unknown' : known.live.find(manifest);
  if (seen !== undefined && seen !== 'unknown' && known?.applied.isAsApplied(manifest, seen)) return;
  for (let attempt = 0; ; attempt++) {
    try {
      const live = attempt === 0 && seen !== 'unknown' ? seen : await getOrNothing(kube, manifest);
      if (live?.metadata['deletionTimestamp'] !== undefined) throw new StillGoing();
      const kept =
        live === undefined
          ? await kube.create(manifest, { fieldManager: manager })
          : await kube.replace(replacement(manifest, live));
      known?.applied.remember(manifest, kept);
      return;
    } catch (error) {
      // somebody wrote in between or took it away, or an old one of the name is still going
      const isRace =
        isConflict(error) ||
        (attempt === 0 && isNotFound(error)) ||
        error instanceof StillGoing ||
        isTerminating(error);
      if (!isRace || attempt >= 60) throw error;
      await new Promise((done) => setTimeout(done, Math.min(1000, 50 * (attempt + 1))));
    }
  }
}

async function getOrNothing(kube: KubeClient, manifest: KubeObject): Promise<KubeObject | undefined> {
  try {
    return await kube.get(refOf(manifest));
  } catch (error) {
    if (isNotFound(error)) return undefined;
    throw error;
  }
}

class StillGoing extends Error {}

/** A namespace that is going takes nothing new. */
function isTerminating(error: unknown): boolean {
  return error instanceof Error && error.message.includes('because it is being terminated');
}

/** Applies many, at most eight at a time, kinds in the order given. */
export async function applyObjects(
  kube: KubeClient,
  manifests: readonly KubeObject[],
  known?: Known,
): Promise<void> {
  for (let rest = [...manifests]; rest.length > 0; ) {
    const [first] = rest;
    const isSame = (object: KubeObject) => object.kind === first?.kind;
    await inParallel(rest.filter(isSame), 8, (object) => applyObject(kube, object, known));
    rest = rest.filter((object) => !isSame(object));
  }
}

/** The manifest with what only the server knows. */
function replacement(manifest: KubeObject, live: KubeObject): KubeObject {
  const { uid, resourceVersion, creationTimestamp } = live.metadata;
  const annotations = { ...manifest.metadata.annotations, ...serverAnnotations(live) };
  const labels = { ...manifest.metadata.labels, ...serverLabels(live) };
  const object: KubeObject = {
    ...manifest,
    metadata: {
      ...manifest.metadata,
      ...(uid === undefined ? {} : { uid }),
      ...(resourceVersion === undefined ? {} : { resourceVersion }),
      ...(creationTimestamp === undefined ? {} : { creationTimestamp }),
      ...(Object.keys(annotations).length === 0 ? {} : { annotations }),
      ...(Object.keys(labels).length === 0 ? {} : { labels }),
    },
  };
  switch (manifest.kind) {
    case 'Service':
      return withSpec(object, live, ['clusterIP', 'clusterIPs', 'ipFamilies', 'ipFamilyPolicy']);
    case 'Namespace':
      return withSpec(object, live, ['finalizers']);
    case 'ServiceAccount':
      // before 1.24 the server makes a token and writes its name here
      return live['secrets'] === undefined ? object : { ...object, secrets: live['secrets'] };
    case 'PersistentVolumeClaim':
      return { ...object, spec: live['spec'] };
    default:
      return object;
  }
}

function withSpec(object: KubeObject, live: KubeObject, names: readonly string[]): KubeObject {
  const kept = Object.entries(fields(live['spec'])).filter(([name]) => names.includes(name));
  return { ...object, spec: { ...fields(object['spec']), ...Object.fromEntries(kept) } };
}

function serverAnnotations({ metadata }: KubeObject): Texts {
  const names = ['deployment.kubernetes.io/revision', 'autoscaling.alpha.kubernetes.io/'];
  return Object.fromEntries(
    Object.entries(metadata.annotations ?? {})
      .filter(([name]) => names.some((start) => name.startsWith(start)))
      .sort(byText(([name]) => name)),
  );
}

function serverLabels({ kind, metadata }: KubeObject): Texts {
  const name = metadata.labels?.['kubernetes.io/metadata.name'];
  return kind === 'Namespace' && name !== undefined ? { 'kubernetes.io/metadata.name': name } : {};
}

function fields(value: unknown): Fields {
  return typeof value === 'object' && value !== null ? (value as Fields) : {};
}
