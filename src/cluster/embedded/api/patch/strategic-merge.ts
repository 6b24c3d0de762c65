import { jsonEqual } from '../../../../base/json.ts';
import { type Fields, isFields } from '../fields.ts';
import { type FieldType, modelNamed } from '../schema/model.ts';
import { badRequest } from '../status-error.ts';

/** `patchMergeKey` of the list fields that have `patchStrategy: merge`; `''`: a list of plain values, merged as a set. */
const mergeKeys: Readonly<Record<string, string>> = {
  'V1PodSpec.volumes': 'name',
  'V1PodSpec.initContainers': 'name',
  'V1PodSpec.containers': 'name',
  'V1PodSpec.ephemeralContainers': 'name',
  'V1PodSpec.imagePullSecrets': 'name',
  'V1PodSpec.hostAliases': 'ip',
  'V1PodSpec.topologySpreadConstraints': 'topologyKey',
  'V1PodSpec.resourceClaims': 'name',
  'V1PodSpec.schedulingGates': 'name',
  'V1Container.ports': 'containerPort',
  'V1Container.env': 'name',
  'V1Container.volumeMounts': 'mountPath',
  'V1Container.volumeDevices': 'devicePath',
  'V1PodStatus.conditions': 'type',
  'V1PodStatus.podIPs': 'ip',
  'V1PodStatus.hostIPs': 'ip',
  'V1ServiceSpec.ports': 'port',
  'V1ServiceStatus.conditions': 'type',
  'V1ServiceAccount.secrets': 'name',
  'V1ObjectMeta.ownerReferences': 'uid',
  'V1ObjectMeta.finalizers': '',
  'V1NodeStatus.conditions': 'type',
  'V1NodeStatus.addresses': 'type',
  'V1NodeSpec.podCIDRs': '',
  'V1NamespaceStatus.conditions': 'type',
  'V1DeploymentStatus.conditions': 'type',
  'V1ReplicaSetStatus.conditions': 'type',
  'V1StatefulSetStatus.conditions': 'type',
  'V1DaemonSetStatus.conditions': 'type',
  'V1PersistentVolumeClaimStatus.conditions': 'type',
  'V1PodDisruptionBudgetStatus.conditions': 'type',
  'V2HorizontalPodAutoscalerStatus.conditions': 'type',
};

const directive = /^\$(?:setElementOrder|deleteFromPrimitiveList)\//;

/** Applies a strategic merge patch to JSON of the given model; neither argument is changed. */
export function strategicMerge(original: Fields, patch: Fields, model: string): Fields {
  if (patch['$patch'] === 'replace') return without(patch);
  if (patch['$patch'] === 'delete') return {};
  if (patch['$patch'] !== undefined && patch['$patch'] !== 'merge')
    throw badRequest(`Unknown patch type found: ${String(patch['$patch'])}`);
  const fields = modelNamed(model);
  const out: Fields = { ...original };
  const retained = patch['$retainKeys'];
  if (Array.isArray(retained))
    for (const name of Object.keys(out)) if (!retained.includes(name)) delete out[name];
  for (const [name, value] of Object.entries(patch)) {
    if (name === '$patch' || name === '$retainKeys') continue;
    if (directive.test(name)) {
      deleteFromPrimitives(out, name, value);
      continue;
    }
    if (value === null) {
      delete out[name];
      continue;
    }
    out[name] = mergeField(out[name], value, fields?.get(name), `${alias(model)}.${name}`);
  }
  for (const [name, order] of Object.entries(patch)) {
    const field = /^\$setElementOrder\/(.*)$/.exec(name)?.[1];
    if (field !== undefined && Array.isArray(order) && Array.isArray(out[field]))
      out[field] = inOrder(out[field] as unknown[], order, mergeKeys[`${alias(model)}.${field}`] ?? '');
  }
  return out;
}

function alias(model: string): string {
  return model === 'V1EphemeralContainer' ? 'V1Container' : model;
}

/** The patch's own content: directives are instructions, not data. */
function without(patch: unknown): Fields {
  const out: Fields = {};
  for (const [name, value] of Object.entries(patch as Fields)) {
    if (name.startsWith('$patch') || name === '$retainKeys' || directive.test(name) || value === null)
      continue;
    out[name] = Array.isArray(value)
      ? value
          .filter((v) => !isFields(v) || v['$patch'] !== 'delete')
          .map((v) => (isFields(v) ? without(v) : v))
      : isFields(value)
        ? without(value)
        : value;
  }
  return out;
}

function mergeField(old: unknown, value: unknown, type: FieldType | undefined, path: string): unknown {
  if (Array.isArray(value)) {
    const mergeKey = mergeKeys[path];
    if (mergeKey === undefined) return value.map((v) => (isFields(v) ? without(v) : v));
    return mergeList(Array.isArray(old) ? old : [], value, mergeKey, type?.of ?? '');
  }
  if (!isFields(value)) return value;
  const before = isFields(old) ? old : {};
  return strategicMerge(before, value, type === undefined || type.container === 'map' ? '' : type.of);
}

function mergeList(
  old: readonly unknown[],
  patch: readonly unknown[],
  mergeKey: string,
  model: string,
): unknown[] {
  if (mergeKey === '') return [...old, ...patch.filter((v) => !old.some((o) => jsonEqual(o, v)))];
  if (patch.some((p) => isFields(p) && p['$patch'] === 'replace'))
    return patch
      .filter((p) => !(isFields(p) && p['$patch'] === 'replace' && Object.keys(p).length === 1))
      .map((p) => (isFields(p) ? without(p) : p));
  const out = [...old];
  for (const item of patch) {
    if (!isFields(item)) throw badRequest(`expected an object in a list merged by ${mergeKey}`);
    const id = item[mergeKey];
    if (id === undefined)
      throw badRequest(`map: ${JSON.stringify(item)} does not contain declared merge key: ${mergeKey}`);
    const at = out.findIndex((o) => isFields(o) && jsonEqual(o[mergeKey], id));
    if (item['$patch'] === 'delete') {
      for (let i = out.length - 1; i >= 0; i--)
        if (isFields(out[i]) && jsonEqual((out[i] as Fields)[mergeKey], id)) out.splice(i, 1);
    } else if (at < 0) out.push(without(item));
    else out[at] = strategicMerge(out[at] as Fields, item, model);
  }
  return out;
}

function deleteFromPrimitives(out: Fields, name: string, values: unknown): void {
  const field = /^\$deleteFromPrimitiveList\/(.*)$/.exec(name)?.[1];
  if (field === undefined || !Array.isArray(values) || !Array.isArray(out[field])) return;
  out[field] = (out[field] as unknown[]).filter((v) => !values.some((gone) => jsonEqual(gone, v)));
}

/** Sorts by `$setElementOrder`; elements that only the server knows keep their places. */
function inOrder(list: readonly unknown[], order: readonly unknown[], mergeKey: string): unknown[] {
  const idOf = (v: unknown) => (mergeKey === '' || !isFields(v) ? v : v[mergeKey]);
  const wanted = order.map(idOf);
  const rank = (v: unknown) => wanted.findIndex((id) => jsonEqual(id, idOf(v)));
  const named = list.filter((v) => rank(v) >= 0).sort((a, b) => rank(a) - rank(b));
  let next = 0;
  return list.map((v) => (rank(v) >= 0 ? named[next++] : v));
}
