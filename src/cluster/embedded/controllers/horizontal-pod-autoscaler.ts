import { rfc3339Seconds } from '../../../base/clock.ts';
import { key as fold, unit } from '../../../base/random.ts';
import { quantityMilli, quantityValue } from '../api/quantity.ts';
import { matchesSelector } from '../api/selectors.ts';
import type { Timer } from '../simulation.ts';
import { limitReplicas, type Memory } from './autoscaler-limits.ts';
import { desiredFromMetrics, type PodMetric } from './autoscaler-math.ts';
import { type Autoscaler, StatusWriter } from './autoscaler-status.ts';
import { conditionOf } from './conditions.ts';
import { type ControlContext, controllerManager } from './control-context.ts';
import {
  type Deployment,
  type KubeObject,
  keyOf,
  type Pod,
  resource,
  type StatefulSet,
  splitKey,
} from './kinds.ts';
import { isPodReady } from './pods.ts';

const source = { component: 'horizontal-pod-autoscaler' };
const periodMs = 15_000;

/** Where the autoscaler gets usage from: metrics.k8s.io. */
export interface UsageSource {
  pod(
    namespace: string,
    name: string,
  ): { readonly containers: readonly { cpuMillis: number; memoryBytes: number }[] } | undefined;
}

/** Scales targets by CPU or memory usage, every 15 s. */
export function startHorizontalPodAutoscaler(context: ControlContext, usage: UsageSource): void {
  const { store, simulation } = context;
  const timers = new Map<string, Timer>();
  const memories = new Map<string, Memory>();

  store.subscribe(
    resource.horizontalPodAutoscalers,
    ({ type, object }) => {
      const key = keyOf(object);
      if (type === 'DELETED') {
        timers.get(key)?.cancel();
        timers.delete(key);
        memories.delete(object.metadata.uid ?? '');
      } else if (!timers.has(key))
        timers.set(
          key,
          simulation.every(periodMs, periodMs * unit(fold(context.seed, 'hpa', key)), () => reconcile(key)),
        );
    },
    { replay: true },
  );

  function memoryOf({ metadata: { uid = '' } }: Autoscaler): Memory {
    const memory = memories.get(uid) ?? { recommendations: [], changes: [] };
    memories.set(uid, memory);
    return memory;
  }

  function reconcile(key: string): void {
    const autoscaler = store.get(resource.horizontalPodAutoscalers, ...splitKey(key)) as
      | Autoscaler
      | undefined;
    if (autoscaler === undefined) return;
    const writer = new StatusWriter(context, autoscaler);
    const target = readTarget(autoscaler);
    if (target === undefined) {
      const { kind, name } = autoscaler.spec.scaleTargetRef;
      const message = `${kind.toLowerCase()}s.apps "${name}" not found`;
      context.events.record(autoscaler, 'Warning', 'FailedGetScale', message, source);
      writer.set(
        'AbleToScale',
        'False',
        'FailedGetScale',
        `the HPA controller was unable to get the target's current scale: ${message}`,
      );
      return writer.write({});
    }
    const current = target.spec.replicas ?? 1;
    writer.set(
      'AbleToScale',
      'True',
      'SucceededGetScale',
      "the HPA controller was able to get the target's current scale",
    );
    const base = { currentReplicas: target.status?.['replicas'] ?? current };
    if (current === 0) {
      writer.set(
        'ScalingActive',
        'False',
        'ScalingDisabled',
        'scaling is disabled since the replica count of the target is zero',
      );
      return writer.write({ ...base, desiredReplicas: 0 });
    }
    const proposal = propose(autoscaler, target, current, writer);
    if (proposal === undefined)
      return writer.write({ ...base, desiredReplicas: autoscaler.status?.['desiredReplicas'] ?? 0 });
    const desired = limitReplicas(
      autoscaler.spec,
      current,
      proposal.replicas,
      memoryOf(autoscaler),
      simulation.nowMs,
      writer,
    );
    const status = { ...base, desiredReplicas: desired, currentMetrics: proposal.currentMetrics };
    if (desired === current) return writer.write(status);
    rescale(autoscaler, target, current, desired, proposal, writer);
    writer.write({ ...status, lastScaleTime: rfc3339Seconds(simulation.nowMs) });
  }

  function readTarget(autoscaler: Autoscaler): Deployment | StatefulSet | undefined {
    const { kind, name } = autoscaler.spec.scaleTargetRef;
    const key = kind === 'StatefulSet' ? resource.statefulSets : resource.deployments;
    return store.get(key, autoscaler.metadata.namespace, name) as Deployment | StatefulSet | undefined;
  }

  /** The replicas the metrics ask for: the largest answer counts. */
  function propose(
    autoscaler: Autoscaler,
    target: Deployment | StatefulSet,
    current: number,
    writer: StatusWriter,
  ) {
    let best: { replicas: number; reason: string } | undefined;
    const currentMetrics: unknown[] = [];
    const invalid: string[] = [];
    const metrics = autoscaler.spec.metrics ?? [];
    for (const { type, resource: metric } of metrics) {
      if (type !== 'Resource' || metric === undefined) {
        invalid.push(`metrics of type ${type} are not simulated by this cluster`);
        continue;
      }
      const { name, target: aim } = metric;
      const isUtilization = aim.type === 'Utilization';
      const pods = metricsOf(autoscaler, target, name);
      const computed =
        typeof pods === 'string'
          ? undefined
          : desiredFromMetrics(
              current,
              pods,
              isUtilization
                ? { utilization: aim.averageUtilization ?? 80 }
                : {
                    averageValue:
                      name === 'cpu' ? quantityMilli(aim.averageValue) : quantityValue(aim.averageValue),
                  },
            );
      if (computed === undefined) {
        const why =
          typeof pods === 'string'
            ? pods
            : 'did not receive metrics for targeted pods (pods might be unready)';
        const what = `failed to get ${name} ${isUtilization ? 'utilization' : 'resource metric value'}`;
        context.events.record(autoscaler, 'Warning', 'FailedGetResourceMetric', `${what}: ${why}`, source);
        invalid.push(
          isUtilization ? `failed to get ${name} resource metric value: ${what}: ${why}` : `${what}: ${why}`,
        );
        writer.set(
          'ScalingActive',
          'False',
          'FailedGetResourceMetric',
          `the HPA was unable to compute the replica count: ${what}: ${why}`,
        );
        continue;
      }
      const averageValue =
        name === 'cpu' ? `${Math.ceil(computed.average)}m` : String(Math.ceil(computed.average));
      const now = isUtilization
        ? { averageUtilization: computed.utilization, averageValue }
        : { averageValue };
      currentMetrics.push({ type: 'Resource', resource: { name, current: now } });
      const reason = isUtilization
        ? `${name} resource utilization (percentage of request)`
        : `${name} resource`;
      if (best === undefined || computed.replicas > best.replicas)
        best = { replicas: computed.replicas, reason };
    }
    if (best === undefined || (invalid.length > 0 && best.replicas < current)) {
      const message = `invalid metrics (${invalid.length} invalid out of ${metrics.length}), first error is: ${invalid[0] ?? ''}`;
      context.events.record(autoscaler, 'Warning', 'FailedComputeMetricsReplicas', message, source);
      return undefined;
    }
    writer.set(
      'ScalingActive',
      'True',
      'ValidMetricFound',
      `the HPA was able to successfully calculate a replica count from ${best.reason}`,
    );
    return { ...best, currentMetrics };
  }

  function metricsOf(
    autoscaler: Autoscaler,
    target: Deployment | StatefulSet,
    name: string,
  ): PodMetric[] | string {
    const namespace = autoscaler.metadata.namespace ?? '';
    const pods = (store.list(resource.pods, namespace) as readonly Pod[]).filter(
      (pod) =>
        matchesSelector(target.spec.selector, pod.metadata.labels) &&
        pod.metadata.deletionTimestamp === undefined &&
        pod.status?.phase !== 'Failed',
    );
    const out: PodMetric[] = [];
    let isAnyMeasured = false;
    for (const pod of pods) {
      let requestMillis = 0;
      for (const container of pod.spec.containers) {
        const request = container.resources?.requests?.[name];
        if (request === undefined)
          return `missing request for ${name} in container ${container.name} of Pod ${pod.metadata.name}`;
        requestMillis += name === 'cpu' ? quantityMilli(request) : quantityValue(request);
      }
      const measured = usage.pod(namespace, pod.metadata.name);
      if (measured !== undefined) isAnyMeasured = true;
      const sum = measured?.containers.reduce(
        (total, one) => total + (name === 'cpu' ? one.cpuMillis : one.memoryBytes),
        0,
      );
      out.push({ requestMillis, usage: sum, isUnready: isUnready(pod, name) });
    }
    if (!isAnyMeasured)
      return `unable to get metrics for resource ${name}: no metrics returned from resource metrics API`;
    return out;
  }

  /** Pods whose CPU says nothing yet: pending, or started within five minutes and not ready. */
  function isUnready(pod: Pod, name: string): boolean {
    if (pod.status?.phase === 'Pending') return true;
    if (name !== 'cpu') return false;
    const startedMs = Date.parse(pod.status?.startTime ?? '');
    const ready = conditionOf(pod.status?.conditions, 'Ready');
    const turnedMs = Date.parse(ready?.lastTransitionTime ?? '');
    if (startedMs + 300_000 > simulation.nowMs)
      return !isPodReady(pod) || simulation.nowMs < turnedMs + 15_000;
    return !isPodReady(pod) && startedMs + 30_000 > turnedMs;
  }

  function rescale(
    autoscaler: Autoscaler,
    target: Deployment | StatefulSet,
    current: number,
    desired: number,
    proposal: { reason: string },
    writer: StatusWriter,
  ): void {
    store.update({ ...target, spec: { ...target.spec, replicas: desired } } as KubeObject, controllerManager);
    memoryOf(autoscaler).changes.push({ atMs: simulation.nowMs, change: desired - current });
    const { minReplicas = 1, maxReplicas } = autoscaler.spec;
    const reason =
      desired > current
        ? current < minReplicas
          ? 'Current number of replicas below Spec.MinReplicas'
          : `${proposal.reason} above target`
        : current > maxReplicas
          ? 'Current number of replicas above Spec.MaxReplicas'
          : 'All metrics below target';
    context.events.record(
      autoscaler,
      'Normal',
      'SuccessfulRescale',
      `New size: ${desired}; reason: ${reason}`,
      source,
    );
    writer.set(
      'AbleToScale',
      'True',
      'SucceededRescale',
      `the HPA controller was able to update the target scale to ${desired}`,
    );
  }
}
