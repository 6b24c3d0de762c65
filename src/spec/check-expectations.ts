import { parser } from '@prometheus-io/lezer-promql';
import { nearest } from '../base/nearest.ts';
import { byCodeUnit } from '../base/order.ts';
import { parseAlertRules } from './alert-rules.ts';
import type { Application } from './application.ts';
import type { Report } from './reporter.ts';
import type { Scenario } from './scenario.ts';
import { jsonPointer } from './source-document.ts';

const conditions = ['alert', 'event', 'log', 'metric'] as const;
const workloadKinds = ['Deployment', 'StatefulSet', 'DaemonSet', 'Job', 'CronJob'];

/** The author's own expectations against the application: known alerts, namespaces and workloads, readable patterns. */
export function checkExpectations(scenario: Scenario, application: Application, report: Report): void {
  const alerts = parseAlertRules(application.rules).map((rule) => rule.name);
  const namespaces = application.manifests
    .filter((object) => object.kind === 'Namespace')
    .map((object) => object.metadata.name);
  const known = namespaces.length > 0 ? namespaces : application.file.namespaces;
  for (const [index, entry] of (scenario.expect ?? []).entries()) {
    const pointer = jsonPointer('expect', index);
    const given = conditions.filter((condition) => entry[condition] !== undefined);
    if (given.length !== 1)
      report(
        'SCN012',
        pointer,
        given.length === 0
          ? 'this entry expects nothing'
          : `this entry has several conditions: ${given.join(', ')}`,
        `give one of ${conditions.join(', ')}; write an entry for each`,
      );
    if (entry.alert !== undefined)
      checkName('SCN011', 'alert', entry.alert, alerts, `${pointer}/alert`, 'rules.yaml', report);
    if (entry.event)
      checkName(
        'SCN013',
        'namespace',
        entry.event.namespace,
        known,
        `${pointer}/event/namespace`,
        'application',
        report,
      );
    if (entry.log) {
      const { namespace, workload, pattern } = entry.log;
      const workloads = application.manifests
        .filter((object) => object.metadata.namespace === namespace && workloadKinds.includes(object.kind))
        .map((object) => object.metadata.name);
      const isKnown = checkName(
        'SCN013',
        'namespace',
        namespace,
        known,
        `${pointer}/log/namespace`,
        'application',
        report,
      );
      if (isKnown)
        checkName(
          'SCN013',
          'workload',
          workload,
          workloads,
          `${pointer}/log/workload`,
          `namespace ${namespace}`,
          report,
        );
      const problem = patternProblem(pattern);
      if (problem) report('SCN014', `${pointer}/log/pattern`, `not a regular expression: ${problem}`);
    }
    const place = entry.metric === undefined ? undefined : promqlMistake(entry.metric);
    if (place !== undefined)
      report('SCN014', `${pointer}/metric`, `not a PromQL expression: mistake at character ${place + 1}`);
  }
}

function checkName(
  code: string,
  what: string,
  name: string,
  known: readonly string[],
  pointer: string,
  where: string,
  report: Report,
): boolean {
  if (known.includes(name)) return true;
  const near = nearest(name, known);
  report(
    code,
    pointer,
    `there is no ${what} "${name}" in ${where === 'rules.yaml' ? "the application's rules.yaml" : `the ${where}`}`,
    near ? `did you mean "${near}"?` : `known: ${known.toSorted(byCodeUnit).join(', ')}`,
  );
  return false;
}

function patternProblem(pattern: string): string | undefined {
  try {
    new RegExp(pattern);
    return undefined;
  } catch (error) {
    return (error as Error).message.replace(/^Invalid regular expression: /, '');
  }
}

/** Offset of the first thing the grammar does not understand. */
function promqlMistake(expression: string): number | undefined {
  let place: number | undefined;
  parser.parse(expression).iterate({
    enter(node) {
      if (node.type.isError) place ??= node.from;
    },
  });
  return expression.trim() === '' ? 0 : place;
}
