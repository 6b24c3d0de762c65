import type { Diagnostic } from '../base/diagnostics.ts';
import type { ApplicationFile, HistoryFile } from './application.ts';
import type { YamlPath, YamlSource } from './application-source.ts';
import type { KubeObject } from './kube-types.ts';
import type { Program, Step } from './program.ts';

/** An application as read, before it is known to hang together. */
export interface ApplicationSources {
  readonly main: YamlSource<ApplicationFile>;
  readonly manifests: readonly YamlSource<KubeObject>[];
  readonly programs: readonly YamlSource<Program>[];
  readonly history: YamlSource<HistoryFile> | undefined;
}

const workloadKinds = new Set(['Deployment', 'StatefulSet', 'DaemonSet', 'Job']);

type Report = (diagnostic: Diagnostic) => void;

/** The parts of a container that are checked. */
export interface ContainerSpec {
  readonly name: string;
  readonly image?: string;
  readonly ports?: readonly { readonly name?: string; readonly containerPort: number }[];
  readonly env?: readonly EnvEntry[];
  readonly envFrom?: readonly {
    readonly configMapRef?: { name: string };
    readonly secretRef?: { name: string };
  }[];
}
interface EnvEntry {
  readonly name: string;
  readonly value?: string;
  readonly valueFrom?: Record<'configMapKeyRef' | 'secretKeyRef', { name: string; key: string } | undefined>;
}
interface PodSpec {
  readonly serviceAccountName?: string;
  readonly containers?: readonly ContainerSpec[];
}
/** A manifest with a pod template. */
export interface Workload {
  readonly source: YamlSource<KubeObject>;
  readonly namespace: string;
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly pod: PodSpec;
}
/** The parts of a Service that are checked. */
export interface ServiceSpec {
  readonly selector?: Readonly<Record<string, string>>;
  readonly ports?: readonly { readonly port: number; readonly targetPort?: number | string }[];
}

/** What the checks of an application share: its parts by name, and where to report. */
export class ApplicationContext {
  readonly sources: ApplicationSources;
  readonly report: Report;
  readonly objects = new Map<string, YamlSource<KubeObject>>();
  readonly workloads: Workload[] = [];
  readonly programs = new Map<string, YamlSource<Program>>();

  constructor(sources: ApplicationSources, report: Report) {
    this.sources = sources;
    this.report = report;
    for (const source of sources.manifests) {
      const { kind, metadata } = source.value;
      const identity = objectKey(kind, metadata.namespace, metadata.name);
      if (this.objects.has(identity))
        this.error(source, ['metadata', 'name'], 'APP010', `${kind} ${metadata.name} is defined twice`);
      this.objects.set(identity, source);
      if (!workloadKinds.has(kind)) continue;
      const template = (
        source.value['spec'] as
          | { template?: { metadata?: { labels?: Record<string, string> }; spec?: PodSpec } }
          | undefined
      )?.template;
      this.workloads.push({
        source,
        namespace: metadata.namespace ?? 'default',
        name: metadata.name,
        labels: template?.metadata?.labels ?? {},
        pod: template?.spec ?? {},
      });
    }
    for (const source of sources.programs) this.programs.set(source.value.image, source);
  }

  error(source: YamlSource, path: YamlPath, code: string, message: string, hint?: string): void {
    this.report({ severity: 'error', code, location: source.locate(path), message, hint });
  }

  object(kind: string, namespace: string | undefined, name: string): KubeObject | undefined {
    return this.objects.get(objectKey(kind, namespace, name))?.value;
  }

  /** The workloads a selector reaches in a namespace. */
  selected(namespace: string, selector: Readonly<Record<string, string>> | undefined): Workload[] {
    if (selector === undefined) return [];
    return this.workloads.filter(
      (w) => w.namespace === namespace && Object.entries(selector).every(([k, v]) => w.labels[k] === v),
    );
  }
}

/** Text that tells an object from all others. */
export function objectKey(kind: string, namespace: string | undefined, name: string): string {
  return `${namespace ?? ''}/${kind}/${name}`;
}

/** Visits all steps of a program, nested ones too. */
export function forEachStep(program: Program, visit: (step: Step) => void): void {
  const walk = (steps: readonly Step[] | undefined): void => {
    for (const step of steps ?? []) {
      visit(step);
      if ('parallel' in step) step.parallel.forEach(walk);
      if ('steps' in step) walk(step.steps);
      if ('miss' in step) walk(step.miss);
    }
  };
  for (const part of [
    ...(program.routes ?? []),
    ...(program.subscriptions ?? []),
    ...(program.periodic ?? []),
  ])
    walk(part.steps);
  walk(program.start);
}

/** Repository and tag of an image. */
export function splitImage(image: string): { repository: string; tag: string } {
  const colon = image.lastIndexOf(':');
  return colon > image.lastIndexOf('/')
    ? { repository: image.slice(0, colon), tag: image.slice(colon + 1) }
    : { repository: image, tag: 'latest' };
}
