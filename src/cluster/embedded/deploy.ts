import { rfc3339Seconds } from '../../base/clock.ts';
import { parseDuration } from '../../base/duration.ts';
import { CulpritError, OperationError } from '../../base/errors.ts';
import { key as fold, unit } from '../../base/random.ts';
import type { Application, HistoryFile } from '../../spec/application.ts';
import { entityName } from '../../spec/entity-name.ts';
import { strategicMerge } from './api/patch/strategic-merge.ts';
import { definitionOfKind } from './api/resources.ts';
import { annotations, hashLabel, templateHash } from './controllers/deployment-rollout.ts';
import {
  controllerOf,
  type Deployment,
  type KubeObject,
  type Pod,
  type PodTemplate,
  type ReplicaSet,
  resource,
} from './controllers/kinds.ts';
import { controllerReference, isPodReady } from './controllers/pods.ts';
import type { World } from './world.ts';

/** Field manager of what people applied. */
const applied = 'kubectl-client-side-apply';
const timeoutMs = 600_000;

/**
 * Builds an application that looks lived in: objects in the order of its files, with their ages and earlier revisions;
 * stores first, users last. Virtual time passes until everything is ready; OperationError with what is not.
 */
export function deployApplication(world: World, application: Application, beforeUsers: () => void): void {
  const { manifests, history, file } = application;
  world.age.learn(history);
  world.building(true);
  try {
    const isUsers = ({ kind, metadata }: KubeObject) =>
      kind === 'Deployment' &&
      metadata.namespace === file.load.namespace &&
      metadata.name === file.load.workload;
    const rest = manifests.filter((object) => object.kind !== 'Deployment');
    const deployments = manifests.filter((object) => object.kind === 'Deployment' && !isUsers(object));
    for (const object of rest) createObject(world, object, history);
    waitUntilReady(world);
    for (const object of deployments) createObject(world, object, history);
    waitUntilReady(world);
    beforeUsers();
    for (const object of manifests.filter(isUsers)) createObject(world, object, history);
    waitUntilReady(world);
    // until the autoscalers have seen two samples of everything
    world.simulation.runUntil(world.simulation.nowMs + 45_000);
    waitUntilReady(world);
  } finally {
    world.building(false);
  }
  if (history !== undefined) writePastEvents(world, history);
}

function createObject(world: World, object: KubeObject, history: HistoryFile | undefined): void {
  try {
    const existing = world.store.get(
      definitionOfKind(object.apiVersion, object.kind).key,
      object.metadata.namespace,
      object.metadata.name,
    );
    // a namespace brings its default ServiceAccount with it
    if (existing !== undefined)
      world.store.update(
        { ...existing, ...object, metadata: { ...existing.metadata, ...object.metadata } },
        { manager: applied },
      );
    else {
      const created = world.create(object, applied);
      if (created.kind === 'Deployment') createEarlierRevisions(world, created as Deployment, history);
    }
  } catch (error) {
    if (!CulpritError.isInstance(error)) throw error;
    throw new OperationError(
      'deploy-refused',
      `the API refused ${entityName({ kind: object.kind, ...object.metadata })}: ${error.message}`,
      { cause: error },
    );
  }
}

/** Old ReplicaSets without pods, oldest first. */
function createEarlierRevisions(
  world: World,
  deployment: Deployment,
  history: HistoryFile | undefined,
): void {
  const revisions = history?.revisions[entityName({ kind: 'Deployment', ...deployment.metadata })] ?? [];
  revisions.forEach(({ age, patch }, i) => {
    const template = strategicMerge(
      deployment.spec.template as unknown as Record<string, unknown>,
      patch,
      'V1PodTemplateSpec',
    ) as unknown as PodTemplate;
    const hash = templateHash(template);
    const labels = { ...template.metadata?.labels, [hashLabel]: hash };
    const { name, namespace = '' } = deployment.metadata;
    const ageMs =
      (parseDuration(age) ?? 0) + 36_000_000 * unit(fold(world.seed, 'revision', namespace, name, i));
    const replicaSet: ReplicaSet = {
      apiVersion: 'apps/v1',
      kind: 'ReplicaSet',
      metadata: {
        name: `${name}-${hash}`,
        namespace,
        labels,
        annotations: {
          [annotations.desiredReplicas]: String(deployment.spec.replicas ?? 1),
          [annotations.maxReplicas]: String((deployment.spec.replicas ?? 1) + 1),
          [annotations.revision]: String(i + 1),
        },
        ownerReferences: [controllerReference(deployment)],
      },
      spec: {
        replicas: 0,
        selector: {
          ...deployment.spec.selector,
          matchLabels: { ...deployment.spec.selector.matchLabels, [hashLabel]: hash },
        },
        template: { ...template, metadata: { ...template.metadata, labels } },
      },
    };
    world.store.create(replicaSet, {
      manager: 'kube-controller-manager',
      createdMs: world.simulation.nowMs - ageMs,
    });
  });
}

/** Lets time pass until every workload has the pods it wants, all of them ready. */
function waitUntilReady(world: World): void {
  const { simulation } = world;
  const deadlineMs = simulation.nowMs + timeoutMs;
  do {
    simulation.runUntil(simulation.nowMs + 1000);
    if (unfinished(world).length === 0) return;
  } while (simulation.nowMs < deadlineMs);
  throw new OperationError(
    'deploy-timeout',
    `the application did not become ready within ${timeoutMs / 60_000} minutes: ${unfinished(world).join('; ')}`,
    {
      hint: 'see the events and logs of these workloads',
    },
  );
}

/** Workloads that are not complete, each with a word on why. */
function unfinished(world: World): string[] {
  const { store } = world;
  const out: string[] = [];
  const count = (object: KubeObject, field: string) =>
    Number((object['status'] as Record<string, unknown> | undefined)?.[field] ?? 0);
  for (const key of [resource.deployments, resource.statefulSets])
    for (const object of store.list(key)) {
      const wanted = Number((object['spec'] as { replicas?: number }).replicas ?? 1);
      const isSeen = count(object, 'observedGeneration') >= (object.metadata.generation ?? 1);
      if (
        isSeen &&
        count(object, 'readyReplicas') === wanted &&
        count(object, 'updatedReplicas') === wanted &&
        count(object, 'replicas') === wanted
      )
        continue;
      out.push(
        `${entityName({ kind: object.kind, ...object.metadata })} has ${count(object, 'readyReplicas')}/${wanted} ready${whyNot(world, object)}`,
      );
    }
  for (const object of store.list(resource.daemonSets))
    if (count(object, 'numberReady') < count(object, 'desiredNumberScheduled'))
      out.push(entityName({ kind: object.kind, ...object.metadata }));
  return out;
}

function whyNot(world: World, workload: KubeObject): string {
  const pods = (world.store.list(resource.pods, workload.metadata.namespace) as readonly Pod[]).filter(
    (pod) => !isPodReady(pod) && (controllerOf(pod)?.name ?? '').startsWith(workload.metadata.name),
  );
  for (const pod of pods)
    for (const { state, lastState } of [
      ...(pod.status?.initContainerStatuses ?? []),
      ...(pod.status?.containerStatuses ?? []),
    ]) {
      const reason = state.waiting ?? state.terminated ?? lastState.terminated;
      if (reason !== undefined)
        return ` (${pod.metadata.name}: ${reason.reason}${reason.message === undefined ? '' : ` ${reason.message}`})`;
    }
  return '';
}

/** The ordinary Events of the last hour. */
function writePastEvents(world: World, history: HistoryFile): void {
  history.events.forEach((event, i) => {
    const [namespace = '', kind = '', name = ''] = event.about.split('/');
    const about = findSubject(world, namespace, kind, name);
    if (about === undefined)
      throw new OperationError(
        'history-invalid',
        `an event of the history is about ${event.about}, which is not there`,
      );
    const pod = kind === 'Pod' ? (about as Pod) : undefined;
    const count = event.count ?? 1;
    const lastMs =
      world.simulation.nowMs - (parseDuration(event.age) ?? 0) - 50_000 * unit(fold(world.seed, 'event', i));
    const firstMs = lastMs - (count - 1) * 11_300;
    const nanos = BigInt(Math.floor(firstMs * 1000)) * 1000n;
    const isContainerEvent =
      pod !== undefined && event.source === 'kubelet' && !event.reason.includes('Mount');
    const involvedObject = {
      kind,
      ...(namespace === 'cluster' ? {} : { namespace }),
      name: about.metadata.name,
      uid: about.metadata.uid,
      apiVersion: about.apiVersion,
      resourceVersion: about.metadata.resourceVersion,
      ...(isContainerEvent ? { fieldPath: `spec.containers{${pod.spec.containers[0]?.name}}` } : {}),
    };
    const host = event.source === 'kubelet' ? (pod?.spec.nodeName ?? about.metadata.name) : undefined;
    const ip = pod?.status?.podIP;
    world.store.create(
      {
        apiVersion: 'v1',
        kind: 'Event',
        metadata: {
          name: `${about.metadata.name}.${nanos.toString(16)}`,
          namespace: namespace === 'cluster' ? 'default' : namespace,
        },
        involvedObject,
        reason: event.reason,
        // the text of a probe names the address of the pod it asked
        message: ip === undefined ? event.message : event.message.replace(/\b10\.244\.\d+\.\d+\b/g, ip),
        source: { component: event.source, ...(host === undefined ? {} : { host }) },
        firstTimestamp: rfc3339Seconds(firstMs),
        lastTimestamp: rfc3339Seconds(lastMs),
        count,
        type: event.type,
        eventTime: null,
        reportingComponent: event.source,
        reportingInstance: host ?? '',
      },
      { manager: event.source, createdMs: firstMs },
    );
  });
}

function findSubject(world: World, namespace: string, kind: string, name: string): KubeObject | undefined {
  const { store } = world;
  if (kind !== 'Pod') {
    const apiVersion =
      {
        Deployment: 'apps/v1',
        ReplicaSet: 'apps/v1',
        StatefulSet: 'apps/v1',
        DaemonSet: 'apps/v1',
        HorizontalPodAutoscaler: 'autoscaling/v2',
        PodDisruptionBudget: 'policy/v1',
        NetworkPolicy: 'networking.k8s.io/v1',
      }[kind] ?? 'v1';
    return store.get(
      definitionOfKind(apiVersion, kind).key,
      namespace === 'cluster' ? undefined : namespace,
      name,
    );
  }
  return store.list(resource.pods, namespace).find((pod) => {
    const owner = controllerOf(pod)?.name;
    return pod.metadata.name === name || owner === name || owner?.slice(0, owner.lastIndexOf('-')) === name;
  });
}
