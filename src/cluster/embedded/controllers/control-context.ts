import { rfc3339Seconds } from '../../../base/clock.ts';
import type { EventRecorder, Store } from '../contracts.ts';
import type { Simulation } from '../simulation.ts';
import type { KubeObject } from './kinds.ts';

/** What every part of the control plane gets. */
export interface ControlContext {
  readonly simulation: Simulation;
  /** 32 bits; fold it with `key(seed, …identity)`. */
  readonly seed: number;
  readonly store: Store;
  readonly events: EventRecorder;
  /** How long a silent node counts as ready; default `node-monitor-grace-period`. */
  readonly nodeGraceMs?: number;
  /**
   * How far before now (ms) the timestamps inside this object are written. 0, except while a world that has a past is
   * being built.
   */
  ageMs(object: KubeObject): number;
}

/** The time to write into a field of the object, as `metav1.Time`. */
export function stamp(context: ControlContext, object: KubeObject): string {
  return rfc3339Seconds(context.simulation.nowMs - context.ageMs(object));
}

/** Age in ms of a timestamp in the object, on the object's own time line. */
export function sinceMs(context: ControlContext, object: KubeObject, time: string): number {
  return context.simulation.nowMs - context.ageMs(object) - Date.parse(time);
}

/** Field manager and event source of the controllers. */
export const controllerManager = { manager: 'kube-controller-manager' } as const;
