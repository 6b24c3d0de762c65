/** What a container uses now. */
export interface ContainerUsage {
  readonly container: string;
  readonly cpuCores: number;
  readonly memoryBytes: number;
}

/** Where usage is known from: a Prometheus that scrapes the kubelets' cAdvisor. */
export interface UsageSource {
  /** By pod: containers with both figures. */
  ofPods(namespace: string): Promise<ReadonlyMap<string, readonly ContainerUsage[]>>;
  /** By node: the sum over its containers. */
  ofNodes(): Promise<ReadonlyMap<string, Omit<ContainerUsage, 'container'>>>;
}

/** CPU is an average over so long; as autoscalers are told. */
export const usageWindowSeconds = 60;
/** Answers are used again for so long: several autoscalers ask at the same time. */
const keptMs = 5000;

type Labels = Readonly<Record<string, string>>;
interface Value {
  readonly labels: Labels;
  readonly value: number;
}

/** Usage as the Prometheus at `url` has it. */
export function prometheusUsage(url: string, ask: typeof fetch = fetch): UsageSource {
  const kept = new Map<string, { readonly atMs: number; readonly values: Promise<Value[]> }>();
  const query = (expression: string): Promise<Value[]> => {
    const known = kept.get(expression);
    const nowMs = Date.now();
    if (known !== undefined && nowMs - known.atMs < keptMs) return known.values;
    const values = queryNow(url, expression, ask);
    kept.set(expression, { atMs: nowMs, values });
    values.catch(() => kept.delete(expression));
    return values;
  };
  const both = async (
    by: string,
    selector: string,
  ): Promise<(Omit<ContainerUsage, 'container'> & { labels: Labels })[]> => {
    const own = `{container!="",container!="POD"${selector}}`;
    const [cpu, memory] = await Promise.all([
      query(`sum by (${by}) (rate(container_cpu_usage_seconds_total${own}[${usageWindowSeconds}s]))`),
      query(`sum by (${by}) (container_memory_working_set_bytes${own})`),
    ]);
    const memoryOf = new Map(memory.map(({ labels, value }) => [JSON.stringify(labels), value]));
    return cpu.flatMap(({ labels, value }) => {
      const memoryBytes = memoryOf.get(JSON.stringify(labels));
      return memoryBytes === undefined ? [] : [{ labels, cpuCores: value, memoryBytes }];
    });
  };
  return {
    async ofPods(namespace) {
      const pods = new Map<string, ContainerUsage[]>();
      for (const { labels, cpuCores, memoryBytes } of await both(
        'container, pod',
        `,namespace=${JSON.stringify(namespace)}`,
      )) {
        const { pod = '', container = '' } = labels;
        pods.set(pod, [...(pods.get(pod) ?? []), { container, cpuCores, memoryBytes }]);
      }
      return pods;
    },
    async ofNodes() {
      const nodes = await both('node', '');
      return new Map(
        nodes.map(({ labels, cpuCores, memoryBytes }) => [labels.node ?? '', { cpuCores, memoryBytes }]),
      );
    },
  };
}

async function queryNow(url: string, expression: string, ask: typeof fetch): Promise<Value[]> {
  const response = await ask(`${url}/api/v1/query?query=${encodeURIComponent(expression)}`, {
    signal: AbortSignal.timeout(10_000),
  });
  const answer = (await response.json()) as {
    status: string;
    error?: string;
    data?: { result: { metric: Labels; value: [number, string] }[] };
  };
  if (answer.status !== 'success' || answer.data === undefined)
    throw new Error(`Prometheus answered ${response.status}: ${answer.error ?? 'no data'}`);
  return answer.data.result.map(({ metric, value }) => ({
    labels: Object.fromEntries(Object.entries(metric).sort(([a], [b]) => (a < b ? -1 : 1))),
    value: Number(value[1]),
  }));
}
