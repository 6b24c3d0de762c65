import { jsonEqual } from '../base/json.ts';
import type { OperationAction } from '../spec/plan.ts';
import { applyJsonPatch, applyMergePatch, applyStrategicPatch, type JsonPatchStep } from './apply-patch.ts';
import type { ClusterView, TouchedField } from './fault.ts';
import { diffFields, formatPath } from './field-paths.ts';
import { refOf } from './workloads.ts';

/** The fields an action changes, worked out on the objects of a view; a created or deleted object is touched as a whole. */
export function touchedFields(action: OperationAction, view: ClusterView): readonly TouchedField[] {
  switch (action.verb) {
    case 'create':
      return [{ target: refOf(action.object), path: '' }];
    case 'delete':
      return [{ target: action.target, path: '' }];
    case 'patch': {
      const before = view.find(action.target) ?? {};
      return diffFields(before, applyPatch(before, action.type, action.body)).map(({ path }) => ({
        target: action.target,
        path: formatPath(path),
      }));
    }
    case 'stop-node':
    case 'start-node':
      return [{ target: { apiVersion: 'v1', kind: 'Node', name: action.node }, path: '' }];
    // which pods, and which node, is decided when it is done; no field of an object that stays
    case 'delete-pods':
    case 'stop-node-of':
    case 'set-load':
      return [];
  }
}

/** A patch applied as an API server would, without its defaults. Throws RangeError where a JSON patch does not fit. */
export function applyPatch(before: unknown, type: 'json' | 'merge' | 'strategic', body: unknown): unknown {
  if (type === 'json') return applyJsonPatch(before, body as readonly JsonPatchStep[], jsonEqual);
  return type === 'merge' ? applyMergePatch(before, body) : applyStrategicPatch(before, body);
}

/** The body of an action with `$NOW` replaced by a time. */
export function atTime<T>(value: T, now: string): T {
  if (value === '$NOW') return now as T;
  if (Array.isArray(value)) return value.map((item) => atTime(item, now)) as T;
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, atTime(member, now)])) as T;
}
