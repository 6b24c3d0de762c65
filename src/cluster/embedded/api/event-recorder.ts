import { rfc3339Seconds } from '../../../base/clock.ts';
import { isNotFound } from '../../../kube/errors.ts';
import type { KubeObject } from '../../../kube/objects.ts';
import type { EventRecorder } from '../contracts.ts';
import type { ApiStore } from './store.ts';

type Source = { component: string; host?: string };

interface Similar {
  lastMs: number;
  /** Messages seen in the interval. */
  readonly messages: Set<string>;
}

interface Bucket {
  tokens: number;
  lastMs: number;
}

interface Logged {
  count: number;
  firstTimestamp: string;
  name: string;
}

/** As client-go's event correlator is set by default. */
const similarLimit = 10;
const similarIntervalMs = 600_000;
const burst = 25;
const refillPerMs = 1 / 300_000;
/** How long the API server keeps an Event that is not written again. */
const timeToLiveMs = 3_600_000;

/**
 * Writes Events as client-go's recorder does: a spam filter per source and object (25, then one in five minutes), more
 * than ten different messages in ten minutes are combined, repeats count up, and the server drops an event after an hour.
 */
export function createEventRecorder(store: ApiStore): EventRecorder {
  const logged = new Map<string, Logged>();
  const similar = new Map<string, Similar>();
  const buckets = new Map<string, Bucket>();
  const expiries = new Map<string, number>();
  let isSweeping = false;

  const sweep = () => {
    const now = store.simulation.nowMs;
    for (const [path, at] of expiries) {
      if (at > now) continue;
      expiries.delete(path);
      const [namespace = '', name = ''] = path.split('/');
      try {
        store.remove({ apiVersion: 'v1', kind: 'Event', namespace, name }, { manager: 'kube-apiserver' });
      } catch (error) {
        if (!isNotFound(error)) throw error;
      }
    }
  };
  store.onCommit(({ resource, type, object }) => {
    if (resource !== 'events') return;
    const path = `${object.metadata.namespace}/${object.metadata.name}`;
    if (type === 'DELETED') {
      expiries.delete(path);
      return;
    }
    const last = Date.parse(String(object['lastTimestamp'] ?? object.metadata.creationTimestamp));
    expiries.set(path, (Number.isNaN(last) ? store.simulation.nowMs : last) + timeToLiveMs);
    if (isSweeping) return;
    isSweeping = true;
    store.simulation.every(60_000, 60_000, sweep);
  });

  const take = (id: string, now: number): boolean => {
    const bucket = buckets.get(id) ?? { tokens: burst, lastMs: now };
    bucket.tokens = Math.min(burst, bucket.tokens + (now - bucket.lastMs) * refillPerMs);
    bucket.lastMs = now;
    buckets.set(id, bucket);
    if (bucket.tokens < 1) return false;
    bucket.tokens -= 1;
    return true;
  };

  return {
    record(about, type, reason, text, source, fieldPath) {
      const now = store.simulation.nowMs;
      const involvedObject = referenceTo(about, fieldPath);
      const who = `${source.component} ${source.host ?? ''} ${about.kind} ${about.metadata.uid} ${about.metadata.namespace ?? ''} ${about.metadata.name} ${fieldPath ?? ''}`;
      let message = text.slice(0, 1024);
      const group = `${who} ${type} ${reason}`;
      const known = similar.get(group);
      const seen =
        known !== undefined && now - known.lastMs <= similarIntervalMs
          ? known
          : { lastMs: now, messages: new Set<string>() };
      seen.messages.add(message);
      seen.lastMs = now;
      similar.set(group, seen);
      let id = `${group} ${message}`;
      if (seen.messages.size >= similarLimit) {
        seen.messages.delete(seen.messages.values().next().value!);
        message = `(combined from similar events): ${message}`;
        id = group;
      }
      if (!take(`${source.component} ${source.host ?? ''} ${about.metadata.uid}`, now)) return;
      write(store, logged, id, { type, reason, message, source, involvedObject, now });
    },
  };
}

function referenceTo(about: KubeObject, fieldPath: string | undefined): Record<string, unknown> {
  const { namespace, name, uid, resourceVersion } = about.metadata;
  return {
    kind: about.kind,
    ...(namespace === undefined ? {} : { namespace }),
    name,
    // kubelets refer to their node by name
    uid: about.kind === 'Node' ? name : uid,
    apiVersion: about.apiVersion,
    ...(resourceVersion === undefined || about.kind === 'Node' ? {} : { resourceVersion }),
    ...(fieldPath === undefined ? {} : { fieldPath }),
  };
}

function write(
  store: ApiStore,
  logged: Map<string, Logged>,
  id: string,
  event: {
    type: string;
    reason: string;
    message: string;
    source: Source;
    involvedObject: Record<string, unknown>;
    now: number;
  },
): void {
  const namespace = String(event.involvedObject['namespace'] ?? 'default');
  const manager = event.source.component;
  const time = rfc3339Seconds(event.now);
  const before = logged.get(id);
  const existing = before === undefined ? undefined : store.get('events', namespace, before.name);
  if (before !== undefined && existing !== undefined) {
    before.count++;
    store.update(
      { ...existing, count: before.count, lastTimestamp: time, message: event.message },
      { manager },
    );
    return;
  }
  if (store.get('namespaces', undefined, namespace)?.metadata.deletionTimestamp !== undefined) return;
  const nanos = BigInt(Math.floor(event.now * 1000)) * 1000n;
  let serial = 0n;
  const base = String(event.involvedObject['name']);
  let name = `${base}.${nanos.toString(16)}`;
  while (store.get('events', namespace, name) !== undefined)
    name = `${base}.${(nanos + ++serial).toString(16)}`;
  logged.set(id, { count: 1, firstTimestamp: time, name });
  store.create(
    {
      apiVersion: 'v1',
      kind: 'Event',
      metadata: { name, namespace },
      involvedObject: event.involvedObject,
      reason: event.reason,
      message: event.message,
      source: { ...event.source },
      firstTimestamp: time,
      lastTimestamp: time,
      count: 1,
      type: event.type,
      eventTime: null,
      reportingComponent: event.source.component,
      reportingInstance: event.source.host ?? '',
    },
    { manager },
  );
}
