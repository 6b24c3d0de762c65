import { parseDuration } from '../base/duration.ts';
import { nearest } from '../base/nearest.ts';
import type { KubeObject, ObjectRef } from '../spec/kube-types.ts';
import type { OperationAction } from '../spec/plan.ts';
import type { Program } from '../spec/program.ts';
import { type SettingDeclaration, settingProblem } from '../spec/setting-value.ts';
import type { ArgumentProblem, ClusterView } from './fault.ts';
import { at, isRecord, listAt, textAt } from './json-access.ts';
import { mainContainer, nameOf, programOf, refOf, type TemplateContainer } from './workloads.ts';

/** Where the value of an environment variable of a container stands. */
export interface SettingSource {
  readonly declaration: SettingDeclaration;
  readonly container: TemplateContainer;
  /** `default`: nowhere; the program's own default applies. */
  readonly place: 'ConfigMap' | 'Secret' | 'workload' | 'default';
  /** The object to change. */
  readonly object: KubeObject;
  /** Key in the ConfigMap or Secret, else the variable's name. */
  readonly key: string;
  /** Whether it comes in through `envFrom` (a missing key is then simply not set). */
  readonly byEnvFrom: boolean;
  /** Current text; `undefined` if unknown. */
  readonly value: string | undefined;
}

type SettingChange = Extract<OperationAction, { verb: 'patch' }>;
type NewValue = readonly [source: SettingSource, value: string | undefined];

/** Finds a declared setting of a workload's program and where its value stands. */
export function findSetting(
  view: ClusterView,
  workload: KubeObject,
  name: string,
): SettingSource | undefined {
  const declaration = settingsOf(view, workload).find((setting) => setting.name === name);
  const container = mainContainer(view, workload);
  if (declaration === undefined || container === undefined) return undefined;
  const base = { declaration, container };
  const namespace = workload.metadata.namespace;
  const entry = listAt(container.raw, 'env').findLast((e) => textAt(e, 'name') === name);
  if (entry !== undefined) {
    for (const [place, reference] of [
      ['ConfigMap', 'configMapKeyRef'],
      ['Secret', 'secretKeyRef'],
    ] as const) {
      const objectName = textAt(entry, 'valueFrom', reference, 'name');
      const key = textAt(entry, 'valueFrom', reference, 'key');
      if (objectName === undefined || key === undefined) continue;
      const object = view.find({ kind: place, namespace, name: objectName });
      return object && { ...base, place, object, key, byEnvFrom: false, value: dataOf(object, key) };
    }
    if (at(entry, 'valueFrom') !== undefined) return undefined;
    return {
      ...base,
      place: 'workload',
      object: workload,
      key: name,
      byEnvFrom: false,
      value: textAt(entry, 'value') ?? '',
    };
  }
  // the last source that has the key wins, as in Kubernetes
  for (const from of listAt(container.raw, 'envFrom').toReversed()) {
    const prefix = textAt(from, 'prefix') ?? '';
    if (!name.startsWith(prefix)) continue;
    const key = name.slice(prefix.length);
    for (const [place, reference] of [
      ['ConfigMap', 'configMapRef'],
      ['Secret', 'secretRef'],
    ] as const) {
      const object = view.find({ kind: place, namespace, name: textAt(from, reference, 'name') ?? '' });
      const value = object && dataOf(object, key);
      if (object !== undefined && value !== undefined)
        return { ...base, place, object, key, byEnvFrom: true, value };
    }
  }
  return {
    ...base,
    place: 'default',
    object: workload,
    key: name,
    byEnvFrom: false,
    value: declaration.default,
  };
}

/** Settings the workload's program declares. */
export function settingsOf(view: ClusterView, workload: KubeObject): readonly SettingDeclaration[] {
  return programOf(view, workload)?.settings ?? [];
}

/** Finds a setting or says what is wrong with the name. */
export function resolveSetting(
  view: ClusterView,
  workload: KubeObject,
  name: string,
  path: string,
):
  | { readonly source: SettingSource; readonly problem?: undefined }
  | { readonly source?: undefined; readonly problem: ArgumentProblem } {
  const source = findSetting(view, workload, name);
  if (source !== undefined) return { source };
  const known = settingsOf(view, workload).map((setting) => setting.name);
  if (known.includes(name))
    return {
      problem: {
        path,
        message: `the value of "${name}" in ${nameOf(workload)} comes from where no operator sets it`,
      },
    };
  const near = nearest(name, known);
  return {
    problem: {
      path,
      message: `"${name}" is not a setting of ${nameOf(workload)}`,
      hint:
        near !== undefined
          ? `did you mean "${near}"?`
          : known.length > 0
            ? `known: ${known.join(', ')}`
            : 'its program declares no settings',
    },
  };
}

/** A value the program refuses, of the kind people really write; `undefined` if any text is accepted. `pick` in [0,1). */
export function invalidValue(
  setting: SettingDeclaration,
  current: string | undefined,
  pick: number,
): string | undefined {
  const now = current ?? setting.default ?? '';
  const digits = /^\d+/.exec(now)?.[0] ?? '30';
  const host = /^[^:]+/.exec(now)?.[0] ?? 'localhost';
  const slips: Record<string, readonly string[]> = {
    integer: [`${digits}s`, `"${digits}"`, `${digits},000`],
    number: [`0,${digits}`, `${digits}%`],
    duration: [`${digits} seconds`, `${digits}sec`, digits],
    boolean: ['enabled', 'tru', '"true"'],
    address: [host, `http://${now === '' ? 'localhost:8080' : now}`, `${host}:http`],
  };
  const candidates =
    setting.values !== undefined ? [`${now}s`, now.toUpperCase(), `"${now}"`] : (slips[setting.type] ?? []);
  const refused = candidates.filter((value) => value !== now && settingProblem(setting, value) !== undefined);
  return (
    refused[Math.floor(pick * refused.length)] ?? (settingProblem(setting, '') === undefined ? undefined : '')
  );
}

/** Another value the program accepts and that changes little; `undefined` where none is known. */
export function harmlessValue(setting: SettingDeclaration, current: string | undefined): string | undefined {
  const now = current ?? setting.default;
  if (now === undefined) return undefined;
  if (setting.values !== undefined)
    return setting.values.find((value) => value !== now && settingProblem(setting, value) === undefined);
  const digits = /^\d+/.exec(now)?.[0];
  if (digits === undefined || (setting.type !== 'integer' && setting.type !== 'duration')) return undefined;
  const raised = now.replace(digits, String(Math.max(Number(digits) + 1, Math.round(Number(digits) * 1.1))));
  return settingProblem(setting, raised) === undefined ? raised : undefined;
}

/** The API call that gives a setting another value where it stands, or removes it (`undefined`). */
export function changeSetting(source: SettingSource, value: string | undefined): SettingChange {
  return changeSettings([[source, value]]);
}

/** The same for several settings that stand in one place: one edit. */
export function changeSettings(changes: readonly [NewValue, ...NewValue[]]): SettingChange {
  const [[{ place, object, container }]] = changes;
  const target: ObjectRef = refOf(object);
  if (place === 'ConfigMap' || place === 'Secret') {
    const written = (value: string) =>
      place === 'Secret' ? Buffer.from(value, 'utf8').toString('base64') : value;
    const data = Object.fromEntries(
      changes.map(([{ key }, value]) => [key, value === undefined ? null : written(value)]),
    );
    return { verb: 'patch', target, type: 'merge', body: { data } };
  }
  const env = changes.map(([{ key: name }, value]) =>
    value === undefined ? { $patch: 'delete', name } : { name, value },
  );
  const body = { spec: { template: { spec: { containers: [{ name: container.name, env }] } } } };
  return { verb: 'patch', target, type: 'strategic', body };
}

/** Text of a key of a ConfigMap or Secret (decoded). */
function dataOf(object: KubeObject, key: string): string | undefined {
  const plain = textAt(object, object.kind === 'Secret' ? 'stringData' : 'data', key);
  if (plain !== undefined || object.kind !== 'Secret') return plain;
  const encoded = textAt(object, 'data', key);
  return encoded === undefined ? undefined : Buffer.from(encoded, 'base64').toString('utf8');
}

/** A behaviour value that may be "$SETTING": the number it has in a workload's container. */
export function numberIn(view: ClusterView, workload: KubeObject, value: unknown): number | undefined {
  if (typeof value === 'number') return value;
  const text = textOf(view, workload, value);
  return text !== undefined && /^-?\d+(\.\d+)?$/.test(text)
    ? Number(text)
    : text === undefined
      ? undefined
      : parseDuration(text);
}

/** A behaviour text that may be "$SETTING": the text it has in a workload's container. */
export function textOf(view: ClusterView, workload: KubeObject, value: unknown): string | undefined {
  if (typeof value !== 'string') return undefined;
  return value.startsWith('$') ? findSetting(view, workload, value.slice(1))?.value : value;
}

/** Whether a program has upstreams at all (the load generator's program has, too). */
export function upstreamsOf(
  program: Program | undefined,
): readonly NonNullable<Program['upstreams']>[number][] {
  return (program?.upstreams ?? []).filter((upstream) => isRecord(upstream));
}
