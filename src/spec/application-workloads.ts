import { nearest } from '../base/nearest.ts';
import {
  type ContainerSpec,
  type ApplicationContext as Context,
  forEachStep,
  type ServiceSpec,
  splitImage,
  type Workload,
} from './application-context.ts';
import type { YamlPath } from './application-source.ts';
import type { KubeObject } from './kube-types.ts';
import type { Program } from './program.ts';
import { settingProblem } from './setting-value.ts';

/** Images that are part of a cluster and not of an application; they need no program. */
const infrastructureRegistries = ['registry.k8s.io/'];
/** Names that a setting can have. */
const settingName = /^[A-Z][A-Z0-9_]*$/;
/** Environment variables that any container may have without its program declaring them. */
const commonVariables = /^(POD_|NODE_|OTEL_|GOMEMLIMIT$|GOMAXPROCS$|JAVA_TOOL_OPTIONS$|NODE_OPTIONS$|TZ$)/;

/** A workload's account, images, environment and upstreams. */
export function checkWorkload(context: Context, workload: Workload): void {
  const base: YamlPath = ['spec', 'template', 'spec'];
  const { serviceAccountName } = workload.pod;
  if (
    serviceAccountName !== undefined &&
    context.object('ServiceAccount', workload.namespace, serviceAccountName) === undefined
  )
    context.error(
      workload.source,
      [...base, 'serviceAccountName'],
      'APP014',
      `no ServiceAccount "${serviceAccountName}" in ${workload.namespace}`,
    );
  workload.pod.containers?.forEach((container, i) => {
    const path: YamlPath = [...base, 'containers', i];
    const program = programOf(context, workload, container, path);
    const values = containerEnvironment(context, workload, container, path);
    if (program !== undefined) checkSettings(context, workload, container, program, values, path);
  });
}

function programOf(
  context: Context,
  workload: Workload,
  container: ContainerSpec,
  path: YamlPath,
): Program | undefined {
  const image = container.image ?? '';
  if (infrastructureRegistries.some((registry) => image.startsWith(registry))) return undefined;
  const { repository, tag } = splitImage(image);
  const source = context.programs.get(repository);
  if (source === undefined) {
    const near = nearest(repository, context.programs.keys());
    context.error(
      workload.source,
      [...path, 'image'],
      'APP020',
      `no program has the image "${repository}"`,
      near && `did you mean "${near}"?`,
    );
    return undefined;
  }
  const tags = source.value.releases.map((release) => release.tag);
  if (!tags.includes(tag))
    context.error(
      workload.source,
      [...path, 'image'],
      'APP021',
      `${repository} has no release "${tag}"`,
      `released: ${tags.join(', ')}`,
    );
  return source.value;
}

/** Variables with their values where they are known (not for field references). */
function containerEnvironment(
  context: Context,
  workload: Workload,
  container: ContainerSpec,
  path: YamlPath,
): Map<string, string | undefined> {
  const values = new Map<string, string | undefined>();
  container.envFrom?.forEach((from, i) => {
    const [kind, ref] = from.configMapRef
      ? (['ConfigMap', from.configMapRef] as const)
      : (['Secret', from.secretRef] as const);
    if (ref === undefined) return;
    const object = context.object(kind, workload.namespace, ref.name);
    if (object === undefined)
      context.error(
        workload.source,
        [...path, 'envFrom', i],
        'APP022',
        `no ${kind} "${ref.name}" in ${workload.namespace}`,
      );
    else for (const [name, value] of Object.entries(dataOf(object))) values.set(name, value);
  });
  container.env?.forEach((entry, i) => {
    values.set(entry.name, entry.value);
    for (const [field, kind] of [
      ['configMapKeyRef', 'ConfigMap'],
      ['secretKeyRef', 'Secret'],
    ] as const) {
      const ref = entry.valueFrom?.[field];
      if (ref === undefined) continue;
      const object = context.object(kind, workload.namespace, ref.name);
      const value = object && dataOf(object)[ref.key];
      if (object === undefined)
        context.error(
          workload.source,
          [...path, 'env', i],
          'APP022',
          `no ${kind} "${ref.name}" in ${workload.namespace}`,
        );
      else if (value === undefined)
        context.error(
          workload.source,
          [...path, 'env', i],
          'APP023',
          `${kind} ${ref.name} has no key "${ref.key}"`,
        );
      values.set(entry.name, value);
    }
  });
  return values;
}

function dataOf(object: KubeObject): Record<string, string> {
  const data = { ...(object['data'] as Record<string, string> | undefined) };
  if (object.kind !== 'Secret') return data;
  for (const [name, value] of Object.entries(data))
    data[name] = Buffer.from(value, 'base64').toString('utf8');
  return { ...data, ...(object['stringData'] as Record<string, string> | undefined) };
}

function checkSettings(
  context: Context,
  workload: Workload,
  container: ContainerSpec,
  program: Program,
  values: ReadonlyMap<string, string | undefined>,
  path: YamlPath,
): void {
  const settings = new Map((program.settings ?? []).map((setting) => [setting.name, setting]));
  for (const setting of settings.values()) {
    const value = values.get(setting.name) ?? setting.default;
    if (value === undefined) {
      if (setting.required)
        context.error(
          workload.source,
          path,
          'APP030',
          `container ${container.name}: ${setting.name} is required by ${program.name} and not set`,
        );
      continue;
    }
    const problem = settingProblem(setting, value);
    if (problem !== undefined)
      context.error(
        workload.source,
        path,
        'APP031',
        `container ${container.name}: ${setting.name} is "${setting.type === 'secret' ? '***' : value}", which ${problem}`,
      );
  }
  for (const name of values.keys()) {
    // a name that no setting can have is nobody's setting
    if (settings.has(name) || commonVariables.test(name) || !settingName.test(name)) continue;
    const near = nearest(name, settings.keys());
    context.error(
      workload.source,
      path,
      'APP032',
      `container ${container.name}: ${program.name} has no setting ${name}`,
      near && `did you mean ${near}?`,
    );
  }
  checkUpstreams(context, workload, program, values);
}

/** Addresses name a Service and a port of it, and the routes called there are served. */
function checkUpstreams(
  context: Context,
  workload: Workload,
  program: Program,
  values: ReadonlyMap<string, string | undefined>,
): void {
  const calls = new Map<string, Set<string>>();
  forEachStep(program, (step) => {
    if ('call' in step) calls.set(step.call, (calls.get(step.call) ?? new Set()).add(step.route));
  });
  for (const journey of program.journeys ?? []) {
    for (const { route } of journey.requests)
      for (const { name } of program.upstreams ?? [])
        calls.set(name, (calls.get(name) ?? new Set()).add(route));
  }
  for (const upstream of program.upstreams ?? []) {
    const setting = upstream.address.startsWith('$')
      ? program.settings?.find((s) => s.name === upstream.address.slice(1))
      : undefined;
    const address = upstream.address.startsWith('$')
      ? (values.get(upstream.address.slice(1)) ?? setting?.default)
      : upstream.address;
    if (address === undefined) continue;
    const [host = '', port = ''] = address.split(':');
    const [name = '', namespace = workload.namespace] = host.split('.');
    const service = context.object('Service', namespace, name);
    const spec = service?.['spec'] as ServiceSpec | undefined;
    const at = `${program.name}: upstream ${upstream.name} (${address})`;
    if (service === undefined)
      context.error(workload.source, [], 'APP040', `${at}: no Service "${name}" in ${namespace}`);
    else if (!spec?.ports?.some((p) => p.port === Number(port)))
      context.error(workload.source, [], 'APP041', `${at}: the Service has no port ${port}`);
    const target = context.selected(namespace, spec?.selector)[0]?.pod.containers?.[0]?.image;
    const served =
      target === undefined ? undefined : context.programs.get(splitImage(target).repository)?.value;
    if (served === undefined) continue;
    const routes = new Set((served.routes ?? []).map((route) => `${route.method} ${route.path}`));
    for (const route of calls.get(upstream.name) ?? [])
      if (!routes.has(route))
        context.error(
          workload.source,
          [],
          'APP042',
          `${at}: ${served.name} does not serve "${route}"`,
          `it serves: ${[...routes].join(', ')}`,
        );
  }
}
