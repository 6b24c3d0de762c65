import { readdir, readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { Checked, Diagnostic } from '../base/diagnostics.ts';
import { byCodeUnit } from '../base/order.ts';
import { type Application, ApplicationFile, HistoryFile } from './application.ts';
import { checkApplication } from './application-checks.ts';
import { checkSchema, readYamlDocuments, type YamlSource } from './application-source.ts';
import type { KubeObject } from './kube-types.ts';
import { Program } from './program.ts';

/** Kinds that others need to exist first; everything else comes after, workloads last. */
const kindOrder = [
  'Namespace',
  'PriorityClass',
  'LimitRange',
  'ResourceQuota',
  'ServiceAccount',
  'Role',
  'RoleBinding',
  'ConfigMap',
  'Secret',
  'PersistentVolumeClaim',
  'NetworkPolicy',
  'Service',
  'PodDisruptionBudget',
  'StatefulSet',
  'Deployment',
  'DaemonSet',
  'Job',
  'CronJob',
  'HorizontalPodAutoscaler',
];

/**
 * Loads an application folder: `application.yaml`, `manifests/*.yaml`, `programs/*.yaml`, `rules.yaml` and, if there,
 * `history.yaml`; checks each against its schema and all of them against each other, and reports every mistake at once.
 */
export async function loadApplication(directory: string): Promise<Checked<Application>> {
  const diagnostics: Diagnostic[] = [];
  const report = (diagnostic: Diagnostic): void => void diagnostics.push(diagnostic);
  const valid = async <T>(file: string, schema: object): Promise<YamlSource<T>[]> => {
    const sources = await readYamlDocuments(file, report);
    // The schema check is what makes the type true.
    return sources.filter((source) => checkSchema(source, schema, report)) as YamlSource<T>[];
  };

  const [main] = await valid<ApplicationFile>(join(directory, 'application.yaml'), ApplicationFile);
  const manifests: YamlSource<KubeObject>[] = [];
  for (const file of await yamlFiles(join(directory, 'manifests'))) {
    for (const source of await readYamlDocuments(file, report))
      if (isKubeObject(source, report)) manifests.push(source);
  }
  const programs: YamlSource<Program>[] = [];
  for (const file of await yamlFiles(join(directory, 'programs')))
    programs.push(...(await valid<Program>(file, Program)));
  const rulesFile = join(directory, 'rules.yaml');
  await readYamlDocuments(rulesFile, report);
  const historyFile = join(directory, 'history.yaml');
  const hasHistory = await exists(historyFile);
  const [history] = hasHistory ? await valid<HistoryFile>(historyFile, HistoryFile) : [];

  if (main !== undefined) checkApplication({ main, manifests, programs, history }, report);
  if (main === undefined || diagnostics.some((diagnostic) => diagnostic.severity === 'error'))
    return { ok: false, diagnostics };

  const rank = (object: KubeObject): number => {
    const index = kindOrder.indexOf(object.kind);
    return index < 0 ? kindOrder.length : index;
  };
  const value: Application = {
    file: main.value,
    name: main.value.name,
    directory,
    manifests: manifests.map((source) => source.value).sort((a, b) => rank(a) - rank(b)),
    programs: new Map(programs.map((source) => [source.value.image, source.value])),
    rules: await readFile(rulesFile, 'utf8'),
    history: history?.value,
  };
  if (value.name !== basename(directory)) {
    diagnostics.push({
      severity: 'warning',
      code: 'APP004',
      location: main.locate(['name']),
      message: `the application is called "${value.name}" but its folder "${basename(directory)}"`,
      hint: 'scenarios name the folder',
    });
  }
  return { ok: true, value, diagnostics };
}

async function yamlFiles(folder: string): Promise<string[]> {
  if (!(await exists(folder))) return [];
  const names = await readdir(folder);
  return names
    .filter((name) => name.endsWith('.yaml'))
    .sort(byCodeUnit)
    .map((name) => join(folder, name));
}

async function exists(path: string): Promise<boolean> {
  try {
    await readdir(path);
    return true;
  } catch (cause) {
    return (cause as NodeJS.ErrnoException).code === 'ENOTDIR';
  }
}

function isKubeObject(
  source: YamlSource,
  report: (diagnostic: Diagnostic) => void,
): source is YamlSource<KubeObject> {
  const value = source.value as Partial<KubeObject>;
  const ok =
    typeof value === 'object' &&
    typeof value.apiVersion === 'string' &&
    typeof value.kind === 'string' &&
    typeof value.metadata?.name === 'string';
  if (!ok) {
    report({
      severity: 'error',
      code: 'APP005',
      location: source.locate([]),
      message: 'not a Kubernetes object',
      hint: 'apiVersion, kind and metadata.name are needed',
    });
  }
  return ok;
}
