import { stringify } from 'yaml';
import { byText } from '../base/order.ts';
import { desiredOf } from '../fault/desired-state.ts';
import type { ApplicationFile } from '../spec/application.ts';
import { entityName } from '../spec/entity-name.ts';
import type { KubeObject } from '../spec/kube-types.ts';
import { describePrograms } from './describe-programs.ts';
import { ruleFile } from './rule-file.ts';

export interface ImportOptions {
  readonly name: string;
  readonly namespaces: readonly string[];
  /** What a cluster holds: at least everything in the namespaces, and the Namespaces themselves. */
  readonly objects: readonly KubeObject[];
  readonly edge: ApplicationFile['edge'];
  readonly load: ApplicationFile['load'];
  /** Answer of Prometheus' rules API. */
  readonly rules: unknown;
}

/** Kinds that people write and that say how an application is made. */
const kinds = new Set([
  'Namespace',
  'ServiceAccount',
  'ConfigMap',
  'Secret',
  'Service',
  'Deployment',
  'StatefulSet',
  'DaemonSet',
  'NetworkPolicy',
  'PodDisruptionBudget',
  'HorizontalPodAutoscaler',
  'ResourceQuota',
  'LimitRange',
]);

/**
 * The folder of an application that already runs somewhere, by file name: its manifests as the cluster has them (without
 * the values of Secrets), a program for each image as far as its environment tells (settings, and whom it calls), and
 * the alerts that Prometheus evaluates. What nobody can read from a cluster, the indicators, is for the author to mend.
 */
export function importApplication(options: ImportOptions): ReadonlyMap<string, string> {
  const { name, namespaces, edge, load, rules } = options;
  const manifests = options.objects
    .filter((object) => isWanted(object, namespaces))
    .map(manifestOf)
    .sort(byText((object) => entityName({ kind: object.kind, ...object.metadata })));
  const files = new Map<string, string>();
  files.set('application.yaml', yaml(applicationFile(name, [edge.namespace, ...namespaces], edge, load)));
  for (const namespace of ['', ...namespaces]) {
    const own = manifests.filter(({ metadata }) => (metadata.namespace ?? '') === namespace);
    if (own.length > 0)
      files.set(
        `manifests/${namespace === '' ? '00-namespaces' : namespace}.yaml`,
        own.map(yaml).join('---\n'),
      );
  }
  for (const program of describePrograms(manifests))
    files.set(`programs/${program.name}.yaml`, yaml(program));
  files.set('rules.yaml', yaml(ruleFile(rules)));
  return files;
}

function isWanted({ kind, metadata, ...rest }: KubeObject, namespaces: readonly string[]): boolean {
  if (!kinds.has(kind)) return false;
  if (kind === 'Namespace') return namespaces.includes(metadata.name);
  if (!namespaces.includes(metadata.namespace ?? '')) return false;
  if ((metadata.ownerReferences ?? []).length > 0) return false;
  if (kind === 'ConfigMap') return metadata.name !== 'kube-root-ca.crt';
  // tokens and the state of package managers
  return kind !== 'Secret' || rest['type'] === 'Opaque' || rest['type'] === undefined;
}

function manifestOf(object: KubeObject): KubeObject {
  // what people want of an object is an object
  const manifest = desiredOf(object) as unknown as KubeObject;
  if (object.kind === 'ServiceAccount') {
    const { secrets: _secrets, imagePullSecrets: _pull, ...account } = manifest as Record<string, unknown>;
    return account as KubeObject;
  }
  if (object.kind !== 'Secret') return manifest;
  const data = Object.keys((object['data'] ?? {}) as Record<string, string>);
  return {
    ...manifest,
    data: Object.fromEntries(data.map((key) => [key, Buffer.from('left-out').toString('base64')])),
  };
}

function applicationFile(
  name: string,
  namespaces: readonly string[],
  edge: ApplicationFile['edge'],
  load: ApplicationFile['load'],
): ApplicationFile {
  const selector = (more: string) =>
    `http_server_request_duration_seconds_count{namespace="${edge.namespace}",service="${edge.service}"${more}}`;
  return {
    apiVersion: 'culprit.dev/v1',
    kind: 'Application',
    name,
    summary: `${name}, as it was found in a cluster`,
    namespaces: [...new Set(namespaces)],
    edge,
    load,
    indicators: [
      {
        name: 'edge-error-ratio',
        summary: "Share of users' requests answered with a server error; mend the metric's name and labels",
        expression: `sum(rate(${selector(',http_response_status_code=~"5.."')}[$window])) / sum(rate(${selector('')}[$window])) or vector(0)`,
        unit: 'ratio',
        threshold: 0.01,
      },
    ],
    standingAlerts: [],
  };
}

function yaml(value: unknown): string {
  return stringify(value, { lineWidth: 0, aliasDuplicateObjects: false });
}
