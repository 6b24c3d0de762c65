/** A metric's labels; the same object for the same series at every scrape. */
export type Labels = Readonly<Record<string, string>>;
/** Takes one sample of a scrape. */
export type Emit = (name: string, labels: Labels, value: number) => void;

/** Something that emits series at a scrape. */
export interface Instrument {
  emit(emit: Emit): void;
}

/** Upper bounds in seconds. */
const durationBounds: readonly number[] = [0.005, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5];

/** A Prometheus histogram of seconds with one set of labels. */
export class Histogram implements Instrument {
  readonly #bounds: readonly number[];
  readonly #counts: Float64Array;
  #sum = 0;
  readonly #bucketName: string;
  readonly #sumName: string;
  readonly #countName: string;
  readonly #labels: Labels;
  readonly #bucketLabels: readonly Labels[];
  constructor(name: string, labels: Labels, bounds: readonly number[] = durationBounds) {
    this.#bounds = bounds;
    this.#counts = new Float64Array(bounds.length + 1);
    this.#bucketName = `${name}_bucket`;
    this.#sumName = `${name}_sum`;
    this.#countName = `${name}_count`;
    this.#labels = labels;
    this.#bucketLabels = [...bounds.map(String), '+Inf'].map((le) => ({ ...labels, le }));
  }
  observe(seconds: number): void {
    const bounds = this.#bounds;
    let i = 0;
    while (i < bounds.length && seconds > bounds[i]!) i++;
    this.#counts[i]!++;
    this.#sum += seconds;
  }
  emit(emit: Emit): void {
    let total = 0;
    for (let i = 0; i < this.#counts.length; i++) {
      total += this.#counts[i]!;
      emit(this.#bucketName, this.#bucketLabels[i]!, total);
    }
    emit(this.#sumName, this.#labels, this.#sum);
    emit(this.#countName, this.#labels, total);
  }
}

/** A counter with one set of labels. */
export class Counter implements Instrument {
  value = 0;
  readonly #name: string;
  readonly #labels: Labels;
  constructor(name: string, labels: Labels) {
    this.#name = name;
    this.#labels = labels;
  }
  emit(emit: Emit): void {
    emit(this.#name, this.#labels, this.value);
  }
}

/** A value that is read at each scrape. */
class Gauge implements Instrument {
  readonly #name: string;
  readonly #labels: Labels;
  readonly #read: () => number;
  constructor(name: string, labels: Labels, read: () => number) {
    this.#name = name;
    this.#labels = labels;
    this.#read = read;
  }
  emit(emit: Emit): void {
    emit(this.#name, this.#labels, this.#read());
  }
}

/** All instruments of a process, in order of appearance. */
export class Metrics implements Instrument {
  readonly #instruments: Instrument[] = [];
  add<T extends Instrument>(instrument: T): T {
    this.#instruments.push(instrument);
    return instrument;
  }
  gauge(name: string, labels: Labels, read: () => number): void {
    this.add(new Gauge(name, labels, read));
  }
  emit(emit: Emit): void {
    for (const instrument of this.#instruments) instrument.emit(emit);
  }
}

/** Histograms that differ in one label only, made when first needed. */
export class HistogramFamily<K extends string | number> implements Instrument {
  readonly #make: (value: K) => Histogram;
  readonly #children = new Map<K, Histogram>();
  #last: Histogram | undefined;
  #lastValue: K | undefined;
  constructor(make: (value: K) => Histogram) {
    this.#make = make;
  }
  observe(value: K, seconds: number): void {
    if (value !== this.#lastValue || this.#last === undefined) {
      let child = this.#children.get(value);
      if (child === undefined) {
        child = this.#make(value);
        this.#children.set(value, child);
      }
      this.#last = child;
      this.#lastValue = value;
    }
    this.#last.observe(seconds);
  }
  emit(emit: Emit): void {
    for (const child of this.#children.values()) child.emit(emit);
  }
}

/** Prometheus text exposition of one scrape, for hosts that serve `/metrics` over HTTP. */
export function exposition(source: Instrument): string {
  const escaped = (text: string): string =>
    text.replace(/\\/g, '\\\\').replace(/"/g, '\\"').replace(/\n/g, '\\n');
  let out = '';
  source.emit((name, labels, value) => {
    const pairs = Object.entries(labels).map(([label, text]) => `${label}="${escaped(text)}"`);
    const shown = value === Number.POSITIVE_INFINITY ? '+Inf' : String(value);
    out += `${name}${pairs.length === 0 ? '' : `{${pairs.join(',')}}`} ${shown}\n`;
  });
  return out;
}
