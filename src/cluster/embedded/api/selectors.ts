import type { KubeObject } from '../../../kube/objects.ts';
import { badRequest } from './status-error.ts';

export interface LabelSelector {
  readonly matchLabels?: Readonly<Record<string, string>>;
  readonly matchExpressions?: readonly {
    readonly key: string;
    readonly operator: string;
    readonly values?: readonly string[];
  }[];
}

export type Labels = Readonly<Record<string, string>>;

/** Whether a `metav1.LabelSelector` matches. `undefined` matches nothing, an empty selector everything. */
export function matchesSelector(selector: LabelSelector | undefined, labels: Labels | undefined): boolean {
  if (selector === undefined || selector === null) return false;
  const have = labels ?? {};
  for (const name in selector.matchLabels) if (have[name] !== selector.matchLabels[name]) return false;
  for (const { key, operator, values = [] } of selector.matchExpressions ?? []) {
    const value = have[key];
    if (operator === 'In' && (value === undefined || !values.includes(value))) return false;
    if (operator === 'NotIn' && value !== undefined && values.includes(value)) return false;
    if (operator === 'Exists' && value === undefined) return false;
    if (operator === 'DoesNotExist' && value !== undefined) return false;
  }
  return true;
}

/** Whether a plain map selector (Service, ReplicationController style) matches; an empty one matches nothing. */
export function matchesMap(selector: Labels | undefined, labels: Labels | undefined): boolean {
  if (selector === undefined || selector === null) return false;
  let any = false;
  for (const name in selector) {
    any = true;
    if (labels?.[name] !== selector[name]) return false;
  }
  return any;
}

/** Text of a selector as kubectl prints it: `app=web,tier in (a,b)`; `<none>` when empty. */
export function selectorText(selector: LabelSelector | undefined): string {
  const parts = Object.entries(selector?.matchLabels ?? {}).map(([k, v]) => `${k}=${v}`);
  parts.sort();
  for (const { key, operator, values = [] } of selector?.matchExpressions ?? []) {
    if (operator === 'In') parts.push(`${key} in (${[...values].sort().join(',')})`);
    else if (operator === 'NotIn') parts.push(`${key} notin (${[...values].sort().join(',')})`);
    else if (operator === 'Exists') parts.push(key);
    else parts.push(`!${key}`);
  }
  return parts.length === 0 ? '<none>' : parts.join(',');
}

export type Predicate = (object: KubeObject) => boolean;

/** Parses `a=b,c!=d,e in (x,y),!f` of a request; 400 on a syntax error. */
export function parseLabelSelector(text: string | undefined): (labels: Labels) => boolean {
  if (text === undefined || text.trim() === '') return () => true;
  const tests: ((labels: Labels) => boolean)[] = [];
  const name = '[A-Za-z0-9](?:[A-Za-z0-9_./-]*[A-Za-z0-9])?';
  const token = new RegExp(
    `\\s*(?:(${name})\\s+(in|notin)\\s*\\(([^)]*)\\)|(!?)\\s*(${name})\\s*(?:(==|=|!=)\\s*([A-Za-z0-9_.-]*))?)\\s*(?:,|$)`,
    'y',
  );
  let at = 0;
  while (at < text.length) {
    token.lastIndex = at;
    const match = token.exec(text);
    if (match === null) throw badRequest(`unable to parse requirement: invalid label selector "${text}"`);
    at = token.lastIndex;
    const [, setKey, setOp, setValues, not, key, op, value = ''] = match;
    if (setKey !== undefined) {
      const values = new Set((setValues ?? '').split(',').map((v) => v.trim()));
      tests.push(
        setOp === 'in'
          ? (l) => l[setKey] !== undefined && values.has(l[setKey])
          : (l) => l[setKey] === undefined || !values.has(l[setKey]),
      );
    } else if (key !== undefined) {
      if (op === undefined)
        tests.push(not === '!' ? (l) => l[key] === undefined : (l) => l[key] !== undefined);
      else if (op === '!=') tests.push((l) => l[key] !== value);
      else tests.push((l) => l[key] === value);
    }
  }
  return (labels) => tests.every((test) => test(labels));
}

/** Fields the real API server can select by, beside `metadata.name` and `metadata.namespace`. */
const selectable: Record<string, readonly string[]> = {
  pods: [
    'spec.nodeName',
    'spec.restartPolicy',
    'spec.schedulerName',
    'spec.serviceAccountName',
    'spec.hostNetwork',
    'status.phase',
    'status.podIP',
    'status.nominatedNodeName',
  ],
  events: [
    'involvedObject.kind',
    'involvedObject.namespace',
    'involvedObject.name',
    'involvedObject.uid',
    'involvedObject.apiVersion',
    'involvedObject.resourceVersion',
    'involvedObject.fieldPath',
    'reason',
    'reportingComponent',
    'source',
    'type',
  ],
  nodes: ['spec.unschedulable'],
  namespaces: ['status.phase'],
  secrets: ['type'],
  services: ['spec.clusterIP', 'spec.type'],
  'replicasets.apps': ['status.replicas'],
};

/** Parses `metadata.name=x,status.phase!=Running` for a resource; 400 for a field that cannot be selected by. */
export function parseFieldSelector(key: string, text: string | undefined): Predicate {
  if (text === undefined || text.trim() === '') return () => true;
  const tests = text.split(',').map((part): Predicate => {
    const match = /^\s*([^=!\s]+)\s*(==|=|!=)\s*(.*?)\s*$/.exec(part);
    if (match === null)
      throw badRequest(`invalid field selector "${text}": no valid operator found in "${part}"`);
    const [, field = '', op, value = ''] = match;
    if (
      field !== 'metadata.name' &&
      field !== 'metadata.namespace' &&
      !(selectable[key] ?? []).includes(field)
    )
      throw badRequest(`field label not supported: ${field}`);
    return (object) => (fieldText(object, field) === value) === (op !== '!=');
  });
  return (object) => tests.every((test) => test(object));
}

function fieldText(object: KubeObject, field: string): string {
  if (field === 'source' && object.kind === 'Event')
    return String(
      (object['source'] as { component?: string } | undefined)?.component ??
        object['reportingComponent'] ??
        '',
    );
  let value: unknown = object;
  for (const part of field.split('.')) value = (value as Record<string, unknown> | undefined)?.[part];
  if (value === undefined || value === null)
    return field === 'spec.unschedulable' || field === 'spec.hostNetwork' ? 'false' : '';
  return String(value);
}
