import { rfc3339Seconds } from '../../../base/clock.ts';
import { jsonEqual } from '../../../base/json.ts';
import { conditionOf } from './conditions.ts';
import { type ControlContext, controllerManager } from './control-context.ts';
import type { Condition, KubeObject } from './kinds.ts';

interface MetricSpec {
  type: string;
  resource?: { name: string; target: { type: string; averageUtilization?: number; averageValue?: string } };
}

interface Rules {
  stabilizationWindowSeconds?: number;
  selectPolicy?: string;
  policies?: { type: string; value: number; periodSeconds: number }[];
}

/** A `HorizontalPodAutoscaler` as far as its controller reads it. */
export interface Autoscaler extends KubeObject {
  spec: {
    scaleTargetRef: { apiVersion?: string; kind: string; name: string };
    minReplicas?: number;
    maxReplicas: number;
    metrics?: MetricSpec[];
    behavior?: { scaleUp?: Rules; scaleDown?: Rules };
  };
  status?: Record<string, unknown> & { conditions?: Condition[]; lastScaleTime?: string };
}

/** Collects conditions and writes the status once. */
export class StatusWriter {
  readonly #context: ControlContext;
  readonly #autoscaler: Autoscaler;
  #conditions: Condition[];
  constructor(context: ControlContext, autoscaler: Autoscaler) {
    this.#context = context;
    this.#autoscaler = autoscaler;
    this.#conditions = [...(autoscaler.status?.conditions ?? [])];
  }

  set(type: string, status: 'True' | 'False', reason: string, message: string): void {
    const before = conditionOf(this.#autoscaler.status?.conditions, type);
    const now = rfc3339Seconds(this.#context.simulation.nowMs - this.#context.ageMs(this.#autoscaler));
    const lastTransitionTime = before?.status === status ? (before.lastTransitionTime ?? now) : now;
    const condition: Condition = { type, status, lastTransitionTime, reason, message };
    const at = this.#conditions.findIndex((one) => one.type === type);
    if (at < 0) this.#conditions.push(condition);
    else this.#conditions[at] = condition;
  }

  write(fields: Record<string, unknown>): void {
    const { lastScaleTime } = this.#autoscaler.status ?? {};
    const status = {
      ...(lastScaleTime === undefined ? {} : { lastScaleTime }),
      currentMetrics: null,
      ...fields,
      conditions: this.#conditions,
    };
    if (!jsonEqual(this.#autoscaler.status ?? {}, status))
      this.#context.store.updateStatus({ ...this.#autoscaler, status }, controllerManager);
  }
}
