import type { Diagnostic } from '../base/diagnostics.ts';
import type { HistoryFile } from './application.ts';
import {
  type ApplicationSources,
  ApplicationContext as Context,
  forEachStep,
  objectKey,
  type ServiceSpec,
} from './application-context.ts';
import type { YamlSource } from './application-source.ts';
import { checkWorkload } from './application-workloads.ts';
import type { KubeObject } from './kube-types.ts';
import type { Program } from './program.ts';

/**
 * Cross checks: unique names, Services that reach a workload and a port of it, images with a program and a released
 * tag, settings that the program accepts, addresses and routes that lead somewhere, references to objects that exist.
 */
export function checkApplication(
  sources: ApplicationSources,
  report: (diagnostic: Diagnostic) => void,
): void {
  const context = new Context(sources, report);
  checkNames(context);
  for (const workload of context.workloads) checkWorkload(context, workload);
  for (const source of sources.manifests) checkReferences(context, source);
  checkEntry(context);
  for (const source of sources.programs) checkProgram(context, source);
  if (sources.history) checkHistory(context, sources.history);
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
