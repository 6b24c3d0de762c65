/** The arithmetic of rolling updates: pure functions of a Deployment and its ReplicaSets. */

import { canonicalJson, jsonEqual } from '../../../base/json.ts';
import { byCodeUnit } from '../../../base/order.ts';
import { hash32 } from '../../../base/random.ts';
import type { Deployment, PodTemplate, ReplicaSet } from './kinds.ts';

export const hashLabel = 'pod-template-hash';
export const annotations = {
  revision: 'deployment.kubernetes.io/revision',
  revisionHistory: 'deployment.kubernetes.io/revision-history',
  desiredReplicas: 'deployment.kubernetes.io/desired-replicas',
  maxReplicas: 'deployment.kubernetes.io/max-replicas',
} as const;

/** The hash of a pod template as Kubernetes writes it: decimal digits in the alphabet of generated names. */
export function templateHash(template: PodTemplate, collisionCount = 0): string {
  const digits = String(hash32(`${canonicalJson(template)}${collisionCount || ''}`));
  const alphabet = 'bcdfghjklmnpqrstvwxz2456789';
  let out = '';
  for (let i = 0; i < digits.length; i++) out += alphabet[digits.charCodeAt(i) % alphabet.length];
  return out;
}

export function desiredReplicas(object: { spec: { replicas?: number } }): number {
  return object.spec.replicas ?? 1;
}

export function isRolling(deployment: Deployment): boolean {
  return deployment.spec.strategy?.type !== 'Recreate';
}

function scaled(value: number | string | undefined, total: number, up: boolean): number {
  if (typeof value === 'number') return value;
  const percent = Number.parseFloat(value ?? '25%');
  const exact = (percent * total) / 100;
  return up ? Math.ceil(exact) : Math.floor(exact);
}

/** Pods above and below the wanted number that a rollout may have; at least one of them is positive. */
export function surgeAndUnavailable(deployment: Deployment): { maxSurge: number; maxUnavailable: number } {
  const total = desiredReplicas(deployment);
  if (!isRolling(deployment) || total === 0) return { maxSurge: 0, maxUnavailable: 0 };
  const rolling = deployment.spec.strategy?.rollingUpdate;
  const maxSurge = scaled(rolling?.maxSurge, total, true);
  const maxUnavailable = scaled(rolling?.maxUnavailable, total, false);
  if (maxSurge === 0 && maxUnavailable === 0) return { maxSurge, maxUnavailable: 1 };
  return { maxSurge, maxUnavailable: Math.min(maxUnavailable, total) };
}

function withoutHash(template: PodTemplate): PodTemplate {
  const { [hashLabel]: _, ...labels } = template.metadata?.labels ?? {};
  return { ...template, metadata: { ...template.metadata, labels } };
}

/** The ReplicaSet of the Deployment's present template: the oldest one that equals it. */
export function findNewReplicaSet(
  deployment: Deployment,
  all: readonly ReplicaSet[],
): ReplicaSet | undefined {
  const wanted = withoutHash(deployment.spec.template);
  return byAge(all).find((replicaSet) => jsonEqual(withoutHash(replicaSet.spec.template), wanted));
}

export function byAge(all: readonly ReplicaSet[]): ReplicaSet[] {
  const created = (replicaSet: ReplicaSet) => replicaSet.metadata.creationTimestamp ?? '';
  return [...all].sort(
    (a, b) => byCodeUnit(created(a), created(b)) || byCodeUnit(a.metadata.name, b.metadata.name),
  );
}

export function revisionOf(object: { metadata: { annotations?: Record<string, string> } }): number {
  return Number(object.metadata.annotations?.[annotations.revision] ?? 0);
}

export function totalReplicas(all: readonly ReplicaSet[]): number {
  return all.reduce((sum, replicaSet) => sum + desiredReplicas(replicaSet), 0);
}

export function totalAvailable(all: readonly ReplicaSet[]): number {
  return all.reduce((sum, replicaSet) => sum + (replicaSet.status?.availableReplicas ?? 0), 0);
}

/** How many replicas the new ReplicaSet may have now. */
export function newReplicaCount(deployment: Deployment, all: readonly ReplicaSet[], current: number): number {
  const wanted = desiredReplicas(deployment);
  if (!isRolling(deployment)) return wanted;
  const limit = wanted + surgeAndUnavailable(deployment).maxSurge;
  const existing = totalReplicas(all);
  if (existing >= limit) return current;
  return current + Math.min(limit - existing, wanted - current);
}

/** How many replicas each old ReplicaSet (oldest first) keeps after this step of a rolling update. */
export function scaleDownOld(
  deployment: Deployment,
  old: readonly ReplicaSet[],
  fresh: ReplicaSet | undefined,
): Map<ReplicaSet, number> {
  const next = new Map<ReplicaSet, number>();
  const all = fresh === undefined ? old : [...old, fresh];
  const minAvailable = desiredReplicas(deployment) - surgeAndUnavailable(deployment).maxUnavailable;
  const freshMissing =
    fresh === undefined ? 0 : desiredReplicas(fresh) - (fresh.status?.availableReplicas ?? 0);
  const maxCleanup = totalReplicas(all) - minAvailable - freshMissing;
  if (maxCleanup <= 0) return next;

  // first those that are not available anyway
  let cleaned = 0;
  const count = (replicaSet: ReplicaSet) => next.get(replicaSet) ?? desiredReplicas(replicaSet);
  for (const replicaSet of old) {
    const missing = desiredReplicas(replicaSet) - (replicaSet.status?.availableReplicas ?? 0);
    const step = Math.min(maxCleanup - cleaned, missing);
    if (step <= 0) continue;
    next.set(replicaSet, desiredReplicas(replicaSet) - step);
    cleaned += step;
  }
  let spare = totalAvailable(all) - minAvailable;
  for (const replicaSet of old) {
    if (spare <= 0) break;
    const step = Math.min(count(replicaSet), spare);
    if (step <= 0) continue;
    next.set(replicaSet, count(replicaSet) - step);
    spare -= step;
  }
  return next;
}
