import fastJsonPatch, { type Operation } from 'fast-json-patch';
import { OperationError } from '../base/errors.ts';
import { jsonEqual } from '../base/json.ts';
import { byText } from '../base/order.ts';
import { type Converted, type LostField, type VersionRoute, versionRoutes } from './api-versions.ts';
import type { GroupVersionKind, KubeClient, ListOptions, ResourceInfo } from './client.ts';
import { isConflict } from './errors.ts';
import { type KubeObject, type ObjectRef, refOf } from './objects.ts';

/** Something that was asked for and that this server cannot keep. */
export interface AdaptationNote extends LostField {
  readonly ref: ObjectRef;
}

export type OnAdaptationNote = (note: AdaptationNote) => void;

/**
 * The object in a version that the server has: as it is where the server serves it so, else by a known route
 * (autoscaling/v2 → v2beta2 → v1, policy/v1 → v1beta1, …). Unchanged where no route is known; then the server refuses it.
 */
export function toServerVersion(object: KubeObject, resources: readonly ResourceInfo[]): Converted {
  return routeDown(object, resources)?.down(object) ?? { object, lost: [] };
}

/** The object in the version that manifests, faults and bundles use. */
export function toCurrentVersion(object: KubeObject): KubeObject {
  return routeUp(object)?.up(object) ?? object;
}

/**
 * A client that speaks the current API versions to a server that may be older: manifests, faults and capture see one
 * form whatever the server has. What cannot be said in the server's version, and what the server dropped from an object
 * it was given (fields it does not know), is told to `onNote`, never lost in silence.
 */
export function adaptToServer(kube: KubeClient, onNote: OnAdaptationNote = () => {}): KubeClient {
  const route = async (kind: GroupVersionKind) => routeDown(kind, await kube.resources());
  const refDown = async (ref: ObjectRef): Promise<ObjectRef> => ({
    ...ref,
    apiVersion: (await route(ref))?.served.apiVersion ?? ref.apiVersion,
  });
  const note = (ref: ObjectRef, lost: readonly LostField[]) => {
    for (const field of lost) onNote({ ref, ...field });
  };
  const write = async (
    object: KubeObject,
    send: (adapted: KubeObject) => Promise<KubeObject>,
  ): Promise<KubeObject> => {
    const { object: adapted, lost } = toServerVersion(object, await kube.resources());
    const stored = await send(adapted);
    note(refOf(object), [...lost, ...droppedFields(adapted, stored)]);
    return toCurrentVersion(stored);
  };

  return {
    async resources() {
      return currentResources(await kube.resources());
    },
    version: () => kube.version(),
    async get(ref) {
      return toCurrentVersion(await kube.get(await refDown(ref)));
    },
    async list(kind, options) {
      const found = await route(kind);
      const list = await kube.list(found?.served ?? kind, options);
      return found === undefined ? list : { ...list, items: list.items.map((item) => found.up(item)) };
    },
    create: (object, options) => write(object, (adapted) => kube.create(adapted, options)),
    replace: (object) => write(object, (adapted) => kube.replace(adapted)),
    async patch(ref, type, body, options) {
      const found = await route(ref);
      if (found === undefined) return kube.patch(ref, type, body, options);
      if (found.isSameShape) {
        const target = { ...ref, apiVersion: found.served.apiVersion };
        return toCurrentVersion(await kube.patch(target, type, renameInBody(body, found), options));
      }
      if (type === 'strategic' || options?.subresource !== undefined)
        throw new OperationError(
          'patch-not-adaptable',
          `the server has ${ref.kind} as ${found.served.apiVersion} only; a ${type} patch for ${ref.apiVersion} cannot be turned into one for it`,
          { hint: 'a JSON patch or a merge patch can' },
        );
      return patchByReplacing(kube, found, ref, type, body, (lost) => note(ref, lost));
    },
    async delete(ref, options) {
      await kube.delete(await refDown(ref), options);
    },
    async *watch(
      kind: GroupVersionKind,
      resourceVersion: string,
      signal: AbortSignal,
      options?: ListOptions,
    ) {
      const found = await route(kind);
      for await (const event of kube.watch(found?.served ?? kind, resourceVersion, signal, options))
        yield found === undefined ? event : { ...event, object: found.up(event.object) };
    },
    podLog: (ref, options) => kube.podLog(ref, options),
  };
}

/**
 * Fields of an object that the server's answer does not have: an old server drops what it does not know. `stringData`
 * is meant to be gone, and an empty value is the same as none.
 */
export function droppedFields(sent: KubeObject, stored: KubeObject): readonly LostField[] {
  const lost: LostField[] = [];
  const compare = (a: unknown, b: unknown, path: string): void => {
    if (isEmpty(a)) return;
    if (b === undefined || b === null) {
      lost.push({ path, why: 'the server does not know it' });
    } else if (Array.isArray(a) && Array.isArray(b)) {
      // a server may add items (tolerations, volumes), and keeps the order of those it was given
      for (const [index, item] of a.entries()) compare(item, b[index], `${path}/${index}`);
    } else if (isRecord(a) && isRecord(b)) {
      for (const [name, value] of Object.entries(a)) {
        const pointer = `${path}/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`;
        if (pointer !== '/status' && pointer !== '/stringData') compare(value, b[name], pointer);
      }
    }
  };
  const { managedFields: _, ...metadata } = sent.metadata;
  compare({ ...sent, metadata }, stored, '');
  return lost;
}

/**
 * What the server has, told in current versions. Of a kind with a current version every other version is hidden, so that
 * who goes through all kinds meets each once and in one form.
 */
function currentResources(resources: readonly ResourceInfo[]): readonly ResourceInfo[] {
  const adapted: ResourceInfo[] = [];
  const adaptedKinds = new Set<string>();
  for (const { current } of versionRoutes) {
    const id = kindOfGroup(current);
    const source = routeDown(current, resources)?.served ?? current;
    const found = resources.find((r) => idOf(r) === idOf(source));
    if (found === undefined || adaptedKinds.has(id)) continue;
    adaptedKinds.add(id);
    adapted.push({ ...found, apiVersion: current.apiVersion });
  }
  return [
    ...resources.filter((r) => !adaptedKinds.has(kindOfGroup(r)) && idOf(r) !== 'extensions/v1beta1 Ingress'),
    ...adapted,
  ].sort(
    byText(
      (r) => r.apiVersion,
      (r) => r.plural,
    ),
  );
}

function kindOfGroup({ apiVersion, kind }: GroupVersionKind): string {
  return `${apiVersion.includes('/') ? apiVersion.slice(0, apiVersion.indexOf('/')) : ''} ${kind}`;
}

function routeDown(kind: GroupVersionKind, resources: readonly ResourceInfo[]): VersionRoute | undefined {
  const isServed = (wanted: GroupVersionKind) =>
    resources.some((r) => idOf(r) === idOf(wanted) && r.verbs.includes('get'));
  if (isServed(kind)) return undefined;
  return versionRoutes.find(({ current, served }) => idOf(current) === idOf(kind) && isServed(served));
}

function routeUp(object: KubeObject): VersionRoute | undefined {
  return versionRoutes.find(({ served }) => idOf(served) === idOf(object));
}

function idOf({ apiVersion, kind }: GroupVersionKind): string {
  return `${apiVersion} ${kind}`;
}

/** A merge patch may name the version it was written for. */
function renameInBody(body: unknown, { current, served }: VersionRoute): unknown {
  return isRecord(body) && body['apiVersion'] === current.apiVersion
    ? { ...body, apiVersion: served.apiVersion }
    : body;
}

async function patchByReplacing(
  kube: KubeClient,
  route: VersionRoute,
  ref: ObjectRef,
  type: 'json' | 'merge',
  body: unknown,
  onLost: (lost: readonly LostField[]) => void,
): Promise<KubeObject> {
  for (let attempt = 0; ; attempt++) {
    const now = route.up(await kube.get({ ...ref, apiVersion: route.served.apiVersion }));
    const wanted = type === 'json' ? jsonPatched(now, body) : mergePatched(now, body);
    // both kinds of patch leave an object an object
    const { object, lost } = route.down(wanted as KubeObject);
    try {
      const stored = jsonEqual(now, wanted) ? object : await kube.replace(object);
      onLost(lost);
      return route.up(stored);
    } catch (error) {
      if (!isConflict(error) || attempt >= 4) throw error;
    }
  }
}

function jsonPatched(object: KubeObject, body: unknown): unknown {
  try {
    return fastJsonPatch.applyPatch(object, body as Operation[], false, false).newDocument;
  } catch (cause) {
    throw new OperationError(
      'patch-refused',
      `the patch does not fit ${object.kind} ${object.metadata.name}`,
      {
        cause,
      },
    );
  }
}

/** RFC 7386. */
function mergePatched(target: unknown, patch: unknown): unknown {
  if (!isRecord(patch)) return patch;
  const result: Record<string, unknown> = isRecord(target) ? { ...target } : {};
  for (const [name, value] of Object.entries(patch))
    if (value === null) delete result[name];
    else result[name] = mergePatched(result[name], value);
  return result;
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isEmpty(value: unknown): boolean {
  if (value === undefined || value === null || value === '' || value === 0 || value === false) return true;
  if (Array.isArray(value)) return value.length === 0;
  return isRecord(value) && Object.values(value).every(isEmpty);
}
