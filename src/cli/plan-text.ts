import { stringify } from 'yaml';
import { formatDuration } from '../base/duration.ts';
import { entityName } from '../spec/entity-name.ts';
import type { Condition, Expectation, Operation, OperationAction, Plan } from '../spec/plan.ts';
import { formatTable } from './table.ts';

/** A plan for people: when, what and in which role, then every operation exactly as it is sent, then what is expected. */
export function planText(plan: Plan): string {
  const operations = plan.operations;
  const rows = operations.map((operation) => [
    offset(operation.atMs),
    operation.role,
    operation.origin.id,
    operation.summary,
  ]);
  const parts = [
    `scenario ${plan.scenario}, provider ${plan.provider}, seed ${plan.seed}\n`,
    `warm-up ${formatDuration(plan.warmUpMs)}, baseline ${formatDuration(plan.baselineMs)}, incident ${formatDuration(plan.incidentMs)}, ${plan.requestsPerSecond} requests/s, ${plan.traceSampling * 100} % of traces\n`,
    operations.length > 0 ? formatTable(['at', 'role', 'from', 'what'], rows) : 'no operations: a control\n',
    ...operations.map(operationText),
  ];
  if (plan.expectations.length > 0)
    parts.push(
      `expected${plan.latent ? ' (latent: no alert is needed)' : ''}\n${formatTable(['', 'within', 'from', 'condition'], plan.expectations.map(expectationRow))}`,
    );
  return `${parts.join('\n')}`;
}

/** The exact API call of an operation: verb, path or target, and body. */
function operationText(operation: Operation): string {
  const { action } = operation;
  const flags = operation.mayFail ? ' (may be refused)' : '';
  const body = bodyOf(action);
  const text = body === undefined ? '' : `${stringify(body).trimEnd().replaceAll(/^/gm, '    ')}\n`;
  return `${operation.id}  ${operation.role}  ${offset(operation.atMs)}  ${callOf(action)}${flags}\n${text}`;
}

function bodyOf(action: OperationAction): unknown {
  if (action.verb === 'create') return action.object;
  return action.verb === 'patch' ? action.body : undefined;
}

function callOf(action: OperationAction): string {
  switch (action.verb) {
    case 'create':
      return `create ${entityName({ kind: action.object.kind, ...action.object.metadata })}`;
    case 'patch':
      return `patch ${entityName(action.target)} (${patchTypes[action.type]})`;
    case 'delete':
      return `delete ${entityName(action.target)}`;
    case 'delete-pods':
      return `delete ${action.count === 'all' ? 'all pods' : `${action.count} pods`} of ${entityName(action.owner)}`;
    case 'stop-node':
      return `stop the kubelet of ${action.node}`;
    case 'start-node':
      return `start the kubelet of ${action.node}`;
    case 'stop-node-of':
      return `stop the kubelet of the node that runs most pods of ${entityName(action.owner)}`;
    case 'set-load':
      return `multiply the load by ${action.factor}`;
  }
}

const patchTypes = {
  json: 'application/json-patch+json',
  merge: 'application/merge-patch+json',
  strategic: 'application/strategic-merge-patch+json',
} as const;

function expectationRow(expectation: Expectation): string[] {
  return [
    expectation.must ? 'must' : 'must not',
    expectation.must ? formatDuration(expectation.withinMs) : '',
    expectation.origin,
    conditionText(expectation.condition),
  ];
}

function conditionText(condition: Condition): string {
  switch (condition.type) {
    case 'event':
      return `event ${condition.reason} about ${condition.namespace}/${condition.kind ?? '*'}/${condition.name ?? '*'}`;
    case 'alert':
      return `alert ${condition.name}${condition.labels ? ` ${JSON.stringify(condition.labels)}` : ''}`;
    case 'log':
      return `log line of ${condition.namespace}/${condition.workload} like /${condition.pattern}/${condition.afterMs === undefined ? '' : ` after ${Math.round(condition.afterMs / 1000)} s`}`;
    case 'span':
      return `failed span of ${condition.service} like /${condition.pattern}/`;
    case 'metric':
      return condition.expression;
    case 'container':
      return `container of ${condition.namespace}/${condition.workload} in ${condition.reason}`;
  }
}

/** Time relative to the start of the incident. */
function offset(ms: number): string {
  return ms < 0 ? `-${formatDuration(-ms)}` : `+${formatDuration(ms)}`;
}
