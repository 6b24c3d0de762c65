import { byText } from '../base/order.ts';
import { splitImage } from '../fault/workloads.ts';
import type { KubeObject } from '../spec/kube-types.ts';
import type { Program } from '../spec/program.ts';

type Setting = NonNullable<Program['settings']>[number];
type Upstream = NonNullable<Program['upstreams']>[number];

interface ContainerSpec {
  readonly name: string;
  readonly image?: string;
  readonly env?: readonly {
    readonly name: string;
    readonly value?: string;
    readonly valueFrom?: Readonly<
      Record<string, { readonly name?: string; readonly key?: string } | undefined>
    >;
  }[];
  readonly envFrom?: readonly Readonly<Record<string, { readonly name?: string } | undefined>>[];
}

interface Variable {
  readonly name: string;
  /** `undefined` where it is a secret, or known at run time only. */
  readonly value: string | undefined;
  readonly isSecret: boolean;
}

const settingName = /^[A-Z][A-Z0-9_]*$/;
const stores = ['postgres', 'redis', 'nats'] as const;

/**
 * What the environment of workloads tells of the programs in their images: which settings they have, and which Services
 * they call (a variable that is an address of one, or a pair `X_HOST` and `X_PORT`). Sorted by name.
 */
export function describePrograms(objects: readonly KubeObject[]): readonly Program[] {
  const programs = new Map<string, Program>();
  for (const workload of objects) {
    const { template } = (workload['spec'] ?? {}) as {
      template?: { spec?: { containers?: readonly ContainerSpec[] } };
    };
    for (const container of template?.spec?.containers ?? []) {
      const { repository, tag } = splitImage(container.image ?? '');
      const variables = variablesOf(objects, workload, container);
      const upstreams = upstreamsOf(objects, workload.metadata.namespace ?? '', variables);
      const known = programs.get(repository);
      const tags = new Set([...(known?.releases ?? []).map((release) => release.tag), tag]);
      programs.set(repository, {
        name: known?.name ?? freeName(programs, workload, container),
        summary: `The image ${repository}, as far as its environment tells.`,
        kind: stores.find((store) => repository.split('/').at(-1)?.startsWith(store)) ?? 'service',
        image: repository,
        settings: union(
          known?.settings,
          variables.filter(({ name }) => settingName.test(name)).map(settingOf),
        ),
        upstreams: union(known?.upstreams, upstreams),
        releases: [...tags].sort().map((one) => ({ tag: one })),
      });
    }
  }
  return [...programs.values()].sort(byText(({ name }) => name));
}

function freeName(
  programs: ReadonlyMap<string, Program>,
  { metadata }: KubeObject,
  container: ContainerSpec,
): string {
  const taken = new Set([...programs.values()].map(({ name }) => name));
  const names = [
    container.name,
    `${metadata.name}-${container.name}`,
    `${metadata.namespace}-${metadata.name}-${container.name}`,
  ];
  return names.find((name) => !taken.has(name)) ?? `${names.at(-1)}-${taken.size}`;
}

function variablesOf(
  objects: readonly KubeObject[],
  workload: KubeObject,
  container: ContainerSpec,
): Variable[] {
  const namespace = workload.metadata.namespace;
  const dataOf = (kind: string, name: string | undefined): Record<string, string> =>
    (objects.find((o) => o.kind === kind && o.metadata.namespace === namespace && o.metadata.name === name)?.[
      'data'
    ] ?? {}) as Record<string, string>;
  const found = new Map<string, Variable>();
  for (const { configMapRef, secretRef } of container.envFrom ?? []) {
    for (const [name, value] of Object.entries(dataOf('ConfigMap', configMapRef?.name)))
      found.set(name, { name, value, isSecret: false });
    for (const name of Object.keys(dataOf('Secret', secretRef?.name)))
      found.set(name, { name, value: undefined, isSecret: true });
  }
  for (const { name, value, valueFrom } of container.env ?? []) {
    const { configMapKeyRef, secretKeyRef } = valueFrom ?? {};
    const said =
      configMapKeyRef === undefined
        ? value
        : dataOf('ConfigMap', configMapKeyRef.name)[configMapKeyRef.key ?? ''];
    found.set(name, { name, value: said, isSecret: secretKeyRef !== undefined });
  }
  return [...found.values()];
}

function settingOf({ name, isSecret }: Variable): Setting {
  return { name, type: isSecret ? 'secret' : 'string', summary: 'Found in the environment.' };
}

function upstreamsOf(
  objects: readonly KubeObject[],
  namespace: string,
  variables: readonly Variable[],
): Upstream[] {
  const values = new Map(variables.map(({ name, value }) => [name, value]));
  const found: Upstream[] = [];
  for (const { name, value } of variables) {
    // where telemetry goes is no call of the application
    if (value === undefined || name.startsWith('OTEL_')) continue;
    const port = name.endsWith('_HOST') ? values.get(name.replace(/_HOST$/, '_PORT')) : undefined;
    const written = port === undefined ? value : `${value}:${port}`;
    const address = /^(?:[a-z][a-z0-9+]*:\/\/)?(?:[^/@\s]*@)?([a-z0-9][a-z0-9.-]*):(\d+)(?:[/?].*)?$/.exec(
      written,
    );
    const [, host = '', number = ''] = address ?? [];
    const [service = '', place = namespace] = host.split('.');
    const target = objects.find(
      (o) => o.kind === 'Service' && o.metadata.namespace === place && o.metadata.name === service,
    );
    const { ports = [] } = (target?.['spec'] ?? {}) as { ports?: readonly { port: number }[] };
    if (!ports.some((one) => one.port === Number(number))) continue;
    const isWhole = port === undefined && value === `${host}:${number}` && settingName.test(name);
    found.push({
      name: service,
      protocol: protocolOf(Number(number)),
      address: isWhole ? `$${name}` : `${host}:${number}`,
    });
  }
  return union([], found);
}

function protocolOf(port: number): Upstream['protocol'] {
  return port === 5432 ? 'postgres' : port === 6379 ? 'redis' : port === 4222 ? 'nats' : 'http';
}

/** By name; what was known first stays. */
function union<T extends { readonly name: string }>(
  known: readonly T[] | undefined,
  more: readonly T[],
): T[] {
  const all = new Map([...more, ...(known ?? [])].map((one) => [one.name, one]));
  return [...all.values()].sort(byText(({ name }) => name));
}
