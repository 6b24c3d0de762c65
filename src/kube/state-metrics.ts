import type { KubeObject } from './objects.ts';
import { collectors } from './state-metrics-collectors.ts';

export type MetricLabels = Readonly<Record<string, string>>;
/** Takes one sample. Labels of a series are the same object each time. */
export type EmitSample = (name: string, labels: MetricLabels, value: number) => void;

/** Kinds that kube-state-metrics looks at. */
export const stateMetricKinds: readonly string[] = Object.keys(collectors);

interface Sample {
  readonly name: string;
  readonly labels: MetricLabels;
  readonly value: number;
}

interface Entry {
  /** Version of the object the samples were made from. */
  object: KubeObject;
  samples: readonly Sample[];
  /** Labels by their text, so that a series keeps its labels object for as long as the Kubernetes object lives. */
  readonly labels: Map<string, MetricLabels>;
  round: number;
}

/**
 * What kube-state-metrics exposes about objects, under its names and labels, with fewer series: of metrics that are 1
 * for one state and 0 for the others only those states are emitted that alerts and dashboards ask for.
 * An object that is the same as at the last scrape costs nothing but its samples.
 */
export class StateMetrics {
  readonly #entries = new Map<string, Entry>();
  #round = 0;

  /** Emits the samples of all objects; kinds it does not know are skipped. */
  scrape(objects: Iterable<KubeObject>, emit: EmitSample): void {
    this.#round++;
    for (const object of objects) {
      const entry = this.#entry(object);
      if (entry === undefined) continue;
      entry.round = this.#round;
      for (const { name, labels, value } of entry.samples) emit(name, labels, value);
    }
    for (const [identity, entry] of this.#entries)
      if (entry.round !== this.#round) this.#entries.delete(identity);
  }

  #entry(object: KubeObject): Entry | undefined {
    const collect = collectors[object.kind];
    if (collect === undefined) return undefined;
    const { uid, namespace, name } = object.metadata;
    const identity = uid ?? `${object.kind}/${namespace ?? ''}/${name}`;
    let entry = this.#entries.get(identity);
    if (entry?.object === object) return entry;
    if (entry === undefined) {
      entry = { object, samples: [], labels: new Map(), round: 0 };
      this.#entries.set(identity, entry);
    }
    const known = entry.labels;
    const samples: Sample[] = [];
    collect(object, (metric, labels, value) => {
      const text = JSON.stringify(labels);
      let same = known.get(text);
      if (same === undefined) {
        same = labels;
        known.set(text, labels);
      }
      samples.push({ name: metric, labels: same, value });
    });
    entry.object = object;
    entry.samples = samples;
    return entry;
  }
}
