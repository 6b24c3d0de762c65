import { rfc3339 } from '../base/clock.ts';
import { metricPolicies } from './metric-policy.ts';

/** A log file with fewer lines than were written: shares of ordinary lines, and of warnings and errors, that are kept. */
export interface ThinnedLog {
  readonly path: string;
  readonly routineShare: number;
  readonly notableShare: number;
}

/** What the README of `public/` is made from. It may say nothing of the failure, nor where the healthy time ends. */
export interface ReadmeFacts {
  readonly application: { readonly name: string; readonly summary: string };
  readonly namespaces: readonly string[];
  readonly startMs: number;
  readonly endMs: number;
  readonly metricStepMs: number;
  /** Share of recorded traces in the file. */
  readonly traceShare: number;
  readonly thinnedLogs: readonly ThinnedLog[];
  readonly hasChanges: boolean;
}

/** Text of `public/README.md`. */
export function readmeText(facts: ReadmeFacts): string {
  const { application, namespaces, startMs, endMs, metricStepMs, traceShare, thinnedLogs, hasChanges } =
    facts;
  const policies = metricPolicies.map(({ reason }) => `- ${reason}`).join('\n');
  const thinned = thinnedLogs
    .map(({ path, routineShare, notableShare }) => {
      const errors =
        notableShare < 1 ? `, of warnings and errors one in ${Math.round(1 / notableShare)}` : '';
      return `- \`${path}\`: one in ${Math.round(1 / routineShare)}${errors}`;
    })
    .join('\n');
  return `# Evidence

What was recorded of a Kubernetes cluster from ${rfc3339(startMs)} to ${rfc3339(endMs)} (UTC, as all times here).
It runs \`${application.name}\` in ${list(namespaces)}: ${application.summary}

| file | holds |
| --- | --- |
| \`alerts.jsonl\` | one line when an alert turned \`pending\`, \`firing\` or \`inactive\`: time, state, name, labels, annotations, value. Alerts that were on when the window began have its start as time |
| \`alert-rules.yaml\` | the alert rules, as Prometheus reads them |
| \`events.jsonl\` | Kubernetes Events, one a line, as \`kubectl get events -o json\` gives them; repeats are counted in \`count\` |
| \`objects.jsonl\` | every object, one a line, as \`kubectl get -o json\` gives it at the end of the window. Objects that were there in the window but gone at its end have their last state and \`deleted\`, the time. Sorted by namespace, kind, name |
${hasChanges ? '| `changes.jsonl` | changes of objects in the window: time, verb, entity, JSON patch (RFC 6902) from the state before |\n' : ''}| \`logs/<namespace>/<pod>/<container>.log\` | time, a blank, the line as the container wrote it; also of pods that are gone |
| \`traces.jsonl\` | one span a line with OpenTelemetry names; \`durationNs\` in nanoseconds |
| \`metrics/<name>.tsv\` | one metric a file, one series a row: a column for each label, then one for each time (every ${metricStepMs / 1000} s). An empty cell: no sample then |
| \`topology.json\` | services, their workloads, selectors and pods; calls between services as seen in the traces |

Values of Secrets are replaced by \`<redacted>\`; \`managedFields\` and \`resourceVersion\` are left out.

Entities are named \`namespace/Kind/name\`, those without a namespace \`cluster/Kind/name\`.

## Reading

    jq -c 'select(.state=="firing")' alerts.jsonl
    jq -r 'select(.type=="Warning") | [.lastTimestamp, .involvedObject.kind, .involvedObject.name, .reason, .message] | @tsv' events.jsonl
    jq 'select(.kind=="Deployment" and .metadata.name=="NAME")' objects.jsonl
    jq -c 'select(.status=="ERROR") | [.start, .resource["service.name"], .name, .statusMessage]' traces.jsonl
    python3 -c 'import pandas as p; d=p.read_csv("metrics/up.tsv", sep="\\t"); print(d)'

## What is not all there

Traces are sampled where they are made, and resource attributes that repeat another one are left out${traceShare < 1 ? `; of those, one in ${Math.round(1 / traceShare)} is here` : ''}.
Metrics:

${policies}
${thinned === '' ? '' : `\nOf these logs not all ordinary lines are here; warnings and errors are, unless it says otherwise:\n\n${thinned}\n`}`;
}

function list(names: readonly string[]): string {
  const quoted = names.map((name) => `\`${name}\``);
  return quoted.length <= 1
    ? `namespace ${quoted.join('')}`
    : `namespaces ${quoted.slice(0, -1).join(', ')} and ${quoted.at(-1)}`;
}
