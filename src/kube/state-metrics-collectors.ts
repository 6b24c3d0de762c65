import type { KubeObject } from './objects.ts';
import { parseQuantity } from './quantity.ts';

type Add = (name: string, labels: Record<string, string>, value: number) => void;
type Collect = (object: KubeObject, add: Add) => void;

interface Condition {
  readonly type: string;
  readonly status: string;
}
interface ContainerState {
  readonly waiting?: { readonly reason?: string };
  readonly running?: object;
  readonly terminated?: { readonly reason?: string; readonly exitCode?: number };
}
interface ContainerStatus {
  readonly name: string;
  readonly ready?: boolean;
  readonly restartCount?: number;
  readonly image?: string;
  readonly imageID?: string;
  readonly containerID?: string;
  readonly state?: ContainerState;
  readonly lastState?: ContainerState;
}
interface PodSpec {
  readonly nodeName?: string;
  readonly hostNetwork?: boolean;
  readonly priorityClassName?: string;
  readonly containers?: readonly {
    readonly name: string;
    readonly image?: string;
    readonly resources?: Record<'requests' | 'limits', Record<string, unknown> | undefined>;
  }[];
}
interface PodStatus {
  readonly phase?: string;
  readonly reason?: string;
  readonly podIP?: string;
  readonly hostIP?: string;
  readonly startTime?: string;
  readonly conditions?: readonly Condition[];
  readonly containerStatuses?: readonly ContainerStatus[];
  readonly initContainerStatuses?: readonly ContainerStatus[];
}

/** By kind: the samples kube-state-metrics makes of one object. */
export const collectors: Readonly<Record<string, Collect>> = {
  Pod: collectPod,
  Deployment: collectDeployment,
  ReplicaSet: collectReplicaSet,
  StatefulSet: collectStatefulSet,
  DaemonSet: collectDaemonSet,
  Job: collectJob,
  HorizontalPodAutoscaler: collectAutoscaler,
  PodDisruptionBudget: collectDisruptionBudget,
  ResourceQuota: collectQuota,
  Endpoints: collectEndpoints,
  Node: collectNode,
};

function collectPod(object: KubeObject, add: Add): void {
  const { name, namespace = '', uid = '', ownerReferences = [] } = object.metadata;
  const spec = (object.spec ?? {}) as PodSpec;
  const status = (object.status ?? {}) as PodStatus;
  const pod = { namespace, pod: name, uid };
  const owner = ownerReferences.find((reference) => reference.controller) ?? ownerReferences[0];
  const ownerLabels = { created_by_kind: owner?.kind ?? '', created_by_name: owner?.name ?? '' };
  const node = spec.nodeName ?? '';
  add(
    'kube_pod_info',
    {
      ...pod,
      host_ip: status.hostIP ?? '',
      pod_ip: status.podIP ?? '',
      node,
      ...ownerLabels,
      host_network: String(spec.hostNetwork ?? false),
    },
    1,
  );
  add(
    'kube_pod_owner',
    {
      ...pod,
      owner_kind: owner?.kind ?? '',
      owner_name: owner?.name ?? '',
      owner_is_controller: String(owner?.controller ?? false),
    },
    1,
  );
  add('kube_pod_status_phase', { ...pod, phase: status.phase ?? 'Pending' }, 1);
  if (status.reason !== undefined) add('kube_pod_status_reason', { ...pod, reason: status.reason }, 1);
  const startTime = epochSeconds(status.startTime);
  if (startTime !== undefined) add('kube_pod_start_time', pod, startTime);
  const deleted = epochSeconds(object.metadata.deletionTimestamp);
  if (deleted !== undefined) add('kube_pod_deletion_timestamp', pod, deleted);
  for (const [type, metric] of [
    ['Ready', 'kube_pod_status_ready'],
    ['PodScheduled', 'kube_pod_status_scheduled'],
  ] as const) {
    const condition = status.conditions?.find((c) => c.type === type);
    // a finished pod is not expected to be ready
    if (type === 'Ready' && (status.phase === 'Succeeded' || status.phase === 'Failed')) continue;
    add(metric, { ...pod, condition: 'true' }, condition?.status === 'True' ? 1 : 0);
  }
  for (const container of spec.containers ?? []) {
    for (const type of ['requests', 'limits'] as const) {
      for (const [resource, text] of Object.entries(container.resources?.[type] ?? {})) {
        const value = parseQuantity(text);
        const unit =
          resource === 'cpu'
            ? 'core'
            : resource === 'memory' || resource === 'ephemeral-storage'
              ? 'byte'
              : 'integer';
        if (value !== undefined)
          add(
            `kube_pod_container_resource_${type}`,
            { ...pod, container: container.name, node, resource, unit },
            value,
          );
      }
    }
  }
  for (const container of status.containerStatuses ?? [])
    collectContainer('kube_pod_container', pod, container, add);
  for (const container of status.initContainerStatuses ?? [])
    collectContainer('kube_pod_init_container', pod, container, add);
}

function collectContainer(
  prefix: string,
  pod: Record<string, string>,
  status: ContainerStatus,
  add: Add,
): void {
  const labels = { ...pod, container: status.name };
  const { waiting, running, terminated } = status.state ?? {};
  const last = status.lastState?.terminated;
  if (status.image !== undefined) {
    add(
      `${prefix}_info`,
      {
        ...labels,
        image: status.image,
        image_id: status.imageID ?? '',
        container_id: status.containerID ?? '',
      },
      1,
    );
  }
  add(`${prefix}_status_ready`, labels, flag(status.ready));
  add(`${prefix}_status_restarts_total`, labels, status.restartCount ?? 0);
  add(`${prefix}_status_running`, labels, flag(running !== undefined));
  add(`${prefix}_status_waiting`, labels, flag(waiting !== undefined));
  if (waiting?.reason !== undefined)
    add(`${prefix}_status_waiting_reason`, { ...labels, reason: waiting.reason }, 1);
  if (terminated !== undefined)
    add(`${prefix}_status_terminated_reason`, { ...labels, reason: terminated.reason ?? 'Error' }, 1);
  if (last !== undefined) {
    add(`${prefix}_status_last_terminated_reason`, { ...labels, reason: last.reason ?? 'Error' }, 1);
    add(`${prefix}_status_last_terminated_exitcode`, labels, last.exitCode ?? 0);
  }
}

function collectDeployment(object: KubeObject, add: Add): void {
  const labels = { namespace: object.metadata.namespace ?? '', deployment: object.metadata.name };
  const { status, number } = fields(object);
  add('kube_deployment_spec_replicas', labels, number('spec', 'replicas', 1));
  add('kube_deployment_status_replicas', labels, number('status', 'replicas'));
  add('kube_deployment_status_replicas_ready', labels, number('status', 'readyReplicas'));
  add('kube_deployment_status_replicas_available', labels, number('status', 'availableReplicas'));
  add('kube_deployment_status_replicas_unavailable', labels, number('status', 'unavailableReplicas'));
  add('kube_deployment_status_replicas_updated', labels, number('status', 'updatedReplicas'));
  add('kube_deployment_metadata_generation', labels, object.metadata.generation ?? 0);
  add('kube_deployment_status_observed_generation', labels, number('status', 'observedGeneration'));
  for (const condition of (status.conditions ?? []) as (Condition & { reason?: string })[]) {
    add(
      'kube_deployment_status_condition',
      {
        ...labels,
        condition: condition.type,
        reason: condition.reason ?? '',
        status: condition.status.toLowerCase(),
      },
      1,
    );
  }
}

function collectReplicaSet(object: KubeObject, add: Add): void {
  const { name, namespace = '', ownerReferences = [] } = object.metadata;
  const labels = { namespace, replicaset: name };
  const { number } = fields(object);
  const wanted = number('spec', 'replicas', 1);
  const actual = number('status', 'replicas');
  // earlier revisions: dozens of series that are 0 for ever
  if (wanted === 0 && actual === 0) return;
  const owner = ownerReferences.find((reference) => reference.controller);
  add('kube_replicaset_spec_replicas', labels, wanted);
  add('kube_replicaset_status_replicas', labels, actual);
  add('kube_replicaset_status_ready_replicas', labels, number('status', 'readyReplicas'));
  add(
    'kube_replicaset_owner',
    {
      ...labels,
      owner_kind: owner?.kind ?? '',
      owner_name: owner?.name ?? '',
      owner_is_controller: String(owner !== undefined),
    },
    1,
  );
}

function collectStatefulSet(object: KubeObject, add: Add): void {
  const labels = { namespace: object.metadata.namespace ?? '', statefulset: object.metadata.name };
  const { number } = fields(object);
  add('kube_statefulset_replicas', labels, number('spec', 'replicas', 1));
  add('kube_statefulset_status_replicas', labels, number('status', 'replicas'));
  add('kube_statefulset_status_replicas_ready', labels, number('status', 'readyReplicas'));
  add('kube_statefulset_status_replicas_available', labels, number('status', 'availableReplicas'));
  add('kube_statefulset_status_replicas_updated', labels, number('status', 'updatedReplicas'));
  add('kube_statefulset_metadata_generation', labels, object.metadata.generation ?? 0);
  add('kube_statefulset_status_observed_generation', labels, number('status', 'observedGeneration'));
}

function collectDaemonSet(object: KubeObject, add: Add): void {
  const labels = { namespace: object.metadata.namespace ?? '', daemonset: object.metadata.name };
  const { number } = fields(object);
  add('kube_daemonset_status_desired_number_scheduled', labels, number('status', 'desiredNumberScheduled'));
  add('kube_daemonset_status_current_number_scheduled', labels, number('status', 'currentNumberScheduled'));
  add('kube_daemonset_status_number_ready', labels, number('status', 'numberReady'));
  add('kube_daemonset_status_number_available', labels, number('status', 'numberAvailable'));
  add('kube_daemonset_status_number_misscheduled', labels, number('status', 'numberMisscheduled'));
  add('kube_daemonset_status_updated_number_scheduled', labels, number('status', 'updatedNumberScheduled'));
}

function collectJob(object: KubeObject, add: Add): void {
  const labels = { namespace: object.metadata.namespace ?? '', job_name: object.metadata.name };
  const { number } = fields(object);
  add('kube_job_status_active', labels, number('status', 'active'));
  add('kube_job_status_succeeded', labels, number('status', 'succeeded'));
  add('kube_job_status_failed', labels, number('status', 'failed'));
}

function collectAutoscaler(object: KubeObject, add: Add): void {
  const labels = {
    namespace: object.metadata.namespace ?? '',
    horizontalpodautoscaler: object.metadata.name,
  };
  const { spec, status, number } = fields(object);
  const target = (spec.scaleTargetRef ?? {}) as Partial<Record<'apiVersion' | 'kind' | 'name', string>>;
  add(
    'kube_horizontalpodautoscaler_info',
    {
      ...labels,
      scaletargetref_api_version: target.apiVersion ?? '',
      scaletargetref_kind: target.kind ?? '',
      scaletargetref_name: target.name ?? '',
    },
    1,
  );
  add('kube_horizontalpodautoscaler_spec_min_replicas', labels, number('spec', 'minReplicas', 1));
  add('kube_horizontalpodautoscaler_spec_max_replicas', labels, number('spec', 'maxReplicas'));
  add('kube_horizontalpodautoscaler_status_current_replicas', labels, number('status', 'currentReplicas'));
  add('kube_horizontalpodautoscaler_status_desired_replicas', labels, number('status', 'desiredReplicas'));
  for (const condition of (status.conditions ?? []) as Condition[]) {
    add(
      'kube_horizontalpodautoscaler_status_condition',
      { ...labels, condition: condition.type, status: condition.status.toLowerCase() },
      1,
    );
  }
}

function collectDisruptionBudget(object: KubeObject, add: Add): void {
  const labels = { namespace: object.metadata.namespace ?? '', poddisruptionbudget: object.metadata.name };
  const { status, number } = fields(object);
  if (status.currentHealthy === undefined) return;
  add('kube_poddisruptionbudget_status_current_healthy', labels, number('status', 'currentHealthy'));
  add('kube_poddisruptionbudget_status_desired_healthy', labels, number('status', 'desiredHealthy'));
  add(
    'kube_poddisruptionbudget_status_pod_disruptions_allowed',
    labels,
    number('status', 'disruptionsAllowed'),
  );
}

function collectQuota(object: KubeObject, add: Add): void {
  const labels = { namespace: object.metadata.namespace ?? '', resourcequota: object.metadata.name };
  const { status } = fields(object);
  for (const type of ['hard', 'used'] as const) {
    for (const [resource, text] of Object.entries((status[type] ?? {}) as Record<string, unknown>)) {
      const value = parseQuantity(text);
      if (value !== undefined) add('kube_resourcequota', { ...labels, resource, type }, value);
    }
  }
}

function collectEndpoints(object: KubeObject, add: Add): void {
  const labels = { namespace: object.metadata.namespace ?? '', endpoint: object.metadata.name };
  const subsets = (object.subsets ?? []) as {
    addresses?: unknown[];
    notReadyAddresses?: unknown[];
    ports?: unknown[];
  }[];
  let ready = 0;
  let notReady = 0;
  for (const { addresses = [], notReadyAddresses = [], ports = [] } of subsets) {
    ready += addresses.length * ports.length;
    notReady += notReadyAddresses.length * ports.length;
  }
  add('kube_endpoint_address_available', labels, ready);
  add('kube_endpoint_address_not_ready', labels, notReady);
}

function collectNode(object: KubeObject, add: Add): void {
  const labels = { node: object.metadata.name };
  const { spec, status } = fields(object);
  const info = (status.nodeInfo ?? {}) as Partial<
    Record<'kubeletVersion' | 'osImage' | 'kernelVersion' | 'containerRuntimeVersion', string>
  >;
  add(
    'kube_node_info',
    {
      ...labels,
      kubelet_version: info.kubeletVersion ?? '',
      os_image: info.osImage ?? '',
      kernel_version: info.kernelVersion ?? '',
      container_runtime_version: info.containerRuntimeVersion ?? '',
    },
    1,
  );
  for (const condition of (status.conditions ?? []) as Condition[]) {
    const states = condition.type === 'Ready' ? ['true', 'false', 'unknown'] : ['true'];
    for (const state of states) {
      add(
        'kube_node_status_condition',
        { ...labels, condition: condition.type, status: state },
        flag(condition.status.toLowerCase() === state),
      );
    }
  }
  add('kube_node_spec_unschedulable', labels, flag(spec.unschedulable === true));
  for (const taint of (spec.taints ?? []) as { key: string; value?: string; effect: string }[]) {
    add(
      'kube_node_spec_taint',
      { ...labels, key: taint.key, value: taint.value ?? '', effect: taint.effect },
      1,
    );
  }
  for (const [resource, text] of Object.entries((status.allocatable ?? {}) as Record<string, unknown>)) {
    const value = parseQuantity(text);
    const unit = resource === 'cpu' ? 'core' : resource === 'pods' ? 'integer' : 'byte';
    if (value !== undefined)
      add(
        'kube_node_status_allocatable',
        { ...labels, resource: resource.replaceAll('-', '_'), unit },
        value,
      );
  }
}

/** `spec` and `status` of an object, and numbers in them (0, or `fallback`, where absent). */
function fields(object: KubeObject): {
  spec: Record<string, unknown>;
  status: Record<string, unknown>;
  number: (part: 'spec' | 'status', field: string, fallback?: number) => number;
} {
  const spec = (object.spec ?? {}) as Record<string, unknown>;
  const status = (object.status ?? {}) as Record<string, unknown>;
  return {
    spec,
    status,
    number: (part, field, fallback = 0) => {
      const value = (part === 'spec' ? spec : status)[field];
      return typeof value === 'number' ? value : fallback;
    },
  };
}

function flag(value: boolean | undefined): number {
  return value ? 1 : 0;
}

function epochSeconds(text: string | undefined): number | undefined {
  return text === undefined ? undefined : Math.floor(Date.parse(text) / 1000);
}
