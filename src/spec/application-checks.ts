import type { Diagnostic } from '../base/diagnostics.ts';
import { parseDuration } from '../base/duration.ts';
import { nearest } from '../base/nearest.ts';
import type { ApplicationFile, HistoryFile } from './application.ts';
import type { YamlPath, YamlSource } from './application-source.ts';
import type { KubeObject } from './kube-types.ts';
import type { Program, Step } from './program.ts';

/** An application as read, before it is known to hang together. */
export interface ApplicationSources {
  readonly main: YamlSource<ApplicationFile>;
  readonly manifests: readonly YamlSource<KubeObject>[];
  readonly programs: readonly YamlSource<Program>[];
  readonly history: YamlSource<HistoryFile> | undefined;
}

/** Images that are part of a cluster and not of an application; they need no program. */
const infrastructureRegistries = ['registry.k8s.io/'];
/** Environment variables that any container may have without its program declaring them. */
const commonVariables = /^(POD_|NODE_|OTEL_|GOMEMLIMIT$|GOMAXPROCS$|JAVA_TOOL_OPTIONS$|NODE_OPTIONS$|TZ$)/;
const workloadKinds = new Set(['Deployment', 'StatefulSet', 'DaemonSet', 'Job']);

type Report = (diagnostic: Diagnostic) => void;
type Setting = NonNullable<Program['settings']>[number];

interface ContainerSpec {
  readonly name: string;
  readonly image?: string;
  readonly ports?: readonly { readonly name?: string; readonly containerPort: number }[];
  readonly env?: readonly EnvEntry[];
  readonly envFrom?: readonly {
    readonly configMapRef?: { name: string };
    readonly secretRef?: { name: string };
  }[];
}
interface EnvEntry {
  readonly name: string;
  readonly value?: string;
  readonly valueFrom?: Record<'configMapKeyRef' | 'secretKeyRef', { name: string; key: string } | undefined>;
}
interface PodSpec {
  readonly serviceAccountName?: string;
  readonly containers?: readonly ContainerSpec[];
}
interface Workload {
  readonly source: YamlSource<KubeObject>;
  readonly namespace: string;
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly pod: PodSpec;
}
interface ServiceSpec {
  readonly selector?: Readonly<Record<string, string>>;
  readonly ports?: readonly { readonly port: number; readonly targetPort?: number | string }[];
}

/**
 * Cross checks: unique names, Services that reach a workload and a port of it, images with a program and a released
 * tag, settings that the program accepts, addresses and routes that lead somewhere, references to objects that exist.
 */
export function checkApplication(sources: ApplicationSources, report: Report): void {
  const context = new Context(sources, report);
  checkNames(context);
  for (const workload of context.workloads) checkWorkload(context, workload);
  for (const source of sources.manifests) checkReferences(context, source);
  checkEntry(context);
  for (const source of sources.programs) checkProgram(context, source);
  if (sources.history) checkHistory(context, sources.history);
}

class Context {
  readonly sources: ApplicationSources;
  readonly report: Report;
  readonly objects = new Map<string, YamlSource<KubeObject>>();
  readonly workloads: Workload[] = [];
  readonly programs = new Map<string, YamlSource<Program>>();

  constructor(sources: ApplicationSources, report: Report) {
    this.sources = sources;
    this.report = report;
    for (const source of sources.manifests) {
      const { kind, metadata } = source.value;
      const identity = objectKey(kind, metadata.namespace, metadata.name);
      if (this.objects.has(identity))
        this.error(source, ['metadata', 'name'], 'APP010', `${kind} ${metadata.name} is defined twice`);
      this.objects.set(identity, source);
      if (!workloadKinds.has(kind)) continue;
      const template = (
        source.value['spec'] as
          | { template?: { metadata?: { labels?: Record<string, string> }; spec?: PodSpec } }
          | undefined
      )?.template;
      this.workloads.push({
        source,
        namespace: metadata.namespace ?? 'default',
        name: metadata.name,
        labels: template?.metadata?.labels ?? {},
        pod: template?.spec ?? {},
      });
    }
    for (const source of sources.programs) this.programs.set(source.value.image, source);
  }

  error(source: YamlSource, path: YamlPath, code: string, message: string, hint?: string): void {
    this.report({ severity: 'error', code, location: source.locate(path), message, hint });
  }

  object(kind: string, namespace: string | undefined, name: string): KubeObject | undefined {
    return this.objects.get(objectKey(kind, namespace, name))?.value;
  }

  /** The workloads a selector reaches in a namespace. */
  selected(namespace: string, selector: Readonly<Record<string, string>> | undefined): Workload[] {
    if (selector === undefined) return [];
    return this.workloads.filter(
      (w) => w.namespace === namespace && Object.entries(selector).every(([k, v]) => w.labels[k] === v),
    );
  }
}

function objectKey(kind: string, namespace: string | undefined, name: string): string {
  return `${namespace ?? ''}/${kind}/${name}`;
}

function checkNames(context: Context): void {
  const seen = new Set<string>();
  for (const source of context.sources.programs) {
    for (const [field, value] of [
      ['name', source.value.name],
      ['image', source.value.image],
    ] as const) {
      if (seen.has(`${field} ${value}`))
        context.error(source, [field], 'APP011', `another program has the ${field} "${value}" already`);
      seen.add(`${field} ${value}`);
    }
    const tags = new Set<string>();
    source.value.releases.forEach(({ tag }, i) => {
      if (tags.has(tag))
        context.error(source, ['releases', i, 'tag'], 'APP012', `release ${tag} is listed twice`);
      tags.add(tag);
    });
  }
  for (const source of context.sources.manifests) {
    const { namespace } = source.value.metadata;
    if (namespace !== undefined && context.object('Namespace', undefined, namespace) === undefined)
      context.error(source, ['metadata', 'namespace'], 'APP013', `namespace "${namespace}" has no manifest`);
  }
}

function checkWorkload(context: Context, workload: Workload): void {
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

function splitImage(image: string): { repository: string; tag: string } {
  const colon = image.lastIndexOf(':');
  return colon > image.lastIndexOf('/')
    ? { repository: image.slice(0, colon), tag: image.slice(colon + 1) }
    : { repository: image, tag: 'latest' };
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
        `container ${container.name}: ${setting.name} ${problem}`,
      );
  }
  for (const name of values.keys()) {
    if (settings.has(name) || commonVariables.test(name)) continue;
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

/** What is wrong with a value for a setting: the same rules by which the program refuses to start. */
export function settingProblem(setting: Setting, value: string): string | undefined {
  if (setting.values && !setting.values.includes(value))
    return `is "${value}" and not one of ${setting.values.join(', ')}`;
  const number = setting.type === 'duration' ? parseDuration(value) : Number(value);
  switch (setting.type) {
    case 'integer':
      if (!/^-?\d+$/.test(value)) return `is "${value}" and not an integer`;
      break;
    case 'number':
      if (value.trim() === '' || !Number.isFinite(number)) return `is "${value}" and not a number`;
      break;
    case 'duration':
      if (number === undefined) return `is "${value}" and not a duration`;
      break;
    case 'address':
      return /^[a-zA-Z0-9.-]+:\d{1,5}$/.test(value) ? undefined : `is "${value}" and not host:port`;
    case 'boolean':
      return value === 'true' || value === 'false' ? undefined : `is "${value}" and neither true nor false`;
    default:
      return value === '' && setting.required ? 'is empty' : undefined;
  }
  if (setting.minimum !== undefined && number !== undefined && number < setting.minimum)
    return `is ${value}, below ${setting.minimum}`;
  if (setting.maximum !== undefined && number !== undefined && number > setting.maximum)
    return `is ${value}, above ${setting.maximum}`;
  return undefined;
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

function checkReferences(context: Context, source: YamlSource<KubeObject>): void {
  const { kind, metadata } = source.value;
  const namespace = metadata.namespace ?? 'default';
  if (kind === 'Service') {
    const spec = source.value['spec'] as ServiceSpec;
    if (spec.selector === undefined) return;
    const workloads = context.selected(namespace, spec.selector);
    if (workloads.length === 0)
      context.error(source, ['spec', 'selector'], 'APP050', `Service ${metadata.name} selects no workload`);
    spec.ports?.forEach((port, i) => {
      const target = port.targetPort ?? port.port;
      for (const workload of workloads) {
        const ports = workload.pod.containers?.flatMap((c) => c.ports ?? []) ?? [];
        if (!ports.some((p) => p.name === target || p.containerPort === target))
          context.error(
            source,
            ['spec', 'ports', i],
            'APP051',
            `Service ${metadata.name}: ${workload.name} has no port ${target}`,
          );
      }
    });
  }
  if (kind === 'PodDisruptionBudget' || kind === 'NetworkPolicy') {
    const field = kind === 'NetworkPolicy' ? 'podSelector' : 'selector';
    const selector = (
      source.value['spec'] as Record<string, { matchLabels?: Record<string, string> } | undefined>
    )[field];
    if (selector?.matchLabels && context.selected(namespace, selector.matchLabels).length === 0)
      context.error(source, ['spec', field], 'APP052', `${kind} ${metadata.name} selects no workload`);
  }
  if (kind === 'HorizontalPodAutoscaler') {
    const target = (source.value['spec'] as { scaleTargetRef?: { kind: string; name: string } })
      .scaleTargetRef;
    if (target && context.object(target.kind, namespace, target.name) === undefined)
      context.error(
        source,
        ['spec', 'scaleTargetRef'],
        'APP053',
        `no ${target.kind} "${target.name}" in ${namespace}`,
      );
  }
}

function checkEntry(context: Context): void {
  const { main } = context.sources;
  const { edge, load, namespaces } = main.value;
  if (context.object('Service', edge.namespace, edge.service) === undefined)
    context.error(main, ['edge', 'service'], 'APP060', `no Service "${edge.service}" in ${edge.namespace}`);
  if (namespaces[0] !== edge.namespace)
    context.error(
      main,
      ['namespaces', 0],
      'APP061',
      `the first namespace must be the edge's, ${edge.namespace}`,
    );
  if (context.object('Deployment', load.namespace, load.workload) === undefined)
    context.error(
      main,
      ['load', 'workload'],
      'APP062',
      `no Deployment "${load.workload}" in ${load.namespace}`,
    );
  namespaces.forEach((namespace, i) => {
    if (context.object('Namespace', undefined, namespace) === undefined)
      context.error(main, ['namespaces', i], 'APP063', `no Namespace "${namespace}" in the manifests`);
  });
}

/** References inside a program: upstreams and settings that it declares. */
function checkProgram(context: Context, source: YamlSource<Program>): void {
  const upstreams = new Set((source.value.upstreams ?? []).map((upstream) => upstream.name));
  const unknown = new Set<string>();
  forEachStep(source.value, (step) => {
    for (const field of ['call', 'query', 'cache', 'publish'] as const) {
      const name = (step as Record<string, unknown>)[field];
      if (typeof name === 'string' && !upstreams.has(name)) unknown.add(name);
    }
  });
  for (const subscription of source.value.subscriptions ?? [])
    if (!upstreams.has(subscription.upstream)) unknown.add(subscription.upstream);
  for (const name of source.value.readyNeeds ?? []) if (!upstreams.has(name)) unknown.add(name);
  for (const name of unknown)
    context.error(
      source,
      ['upstreams'],
      'APP070',
      `no upstream is called "${name}"`,
      `known: ${[...upstreams].join(', ')}`,
    );

  const settings = new Set((source.value.settings ?? []).map((setting) => setting.name));
  const missing = new Set<string>();
  const visit = (value: unknown): void => {
    if (typeof value === 'string' && /^\$[A-Z][A-Z0-9_]*$/.test(value) && !settings.has(value.slice(1)))
      missing.add(value.slice(1));
    else if (typeof value === 'object' && value !== null) Object.values(value).forEach(visit);
  };
  visit(source.value);
  for (const name of missing)
    context.error(
      source,
      ['settings'],
      'APP071',
      `no setting is called ${name}`,
      `known: ${[...settings].join(', ')}`,
    );
}

function forEachStep(program: Program, visit: (step: Step) => void): void {
  const walk = (steps: readonly Step[] | undefined): void => {
    for (const step of steps ?? []) {
      visit(step);
      if ('parallel' in step) step.parallel.forEach(walk);
      if ('steps' in step) walk(step.steps);
      if ('miss' in step) walk(step.miss);
    }
  };
  for (const part of [
    ...(program.routes ?? []),
    ...(program.subscriptions ?? []),
    ...(program.periodic ?? []),
  ])
    walk(part.steps);
  walk(program.start);
}

function checkHistory(context: Context, history: YamlSource<HistoryFile>): void {
  const known = (entity: string): boolean => {
    const [namespace = '', kind = '', name = ''] = entity.split('/');
    if (kind === 'Pod') return context.workloads.some((w) => w.namespace === namespace && w.name === name);
    return (
      context.objects.has(objectKey(kind, namespace === 'cluster' ? undefined : namespace, name)) ||
      namespace === 'kube-system' ||
      kind === 'Node'
    );
  };
  for (const entity of Object.keys(history.value.ages))
    if (!known(entity)) context.error(history, ['ages', entity], 'APP080', `no object "${entity}"`);
  for (const entity of Object.keys(history.value.revisions))
    if (!known(entity)) context.error(history, ['revisions', entity], 'APP080', `no object "${entity}"`);
  history.value.events.forEach((event, i) => {
    if (!known(event.about))
      context.error(history, ['events', i, 'about'], 'APP080', `no object "${event.about}"`);
  });
}
