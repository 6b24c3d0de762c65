import { byCodeUnit } from '../../../base/order.ts';
import { hash32, key, Random } from '../../../base/random.ts';
import type { PublicBundle } from '../../../snapshot/public-reader.ts';

/** What is called differently in a renamed bundle. */
export interface NameMap {
  /** Words that are replaced wherever they stand alone; lower case. */
  readonly words: ReadonlyMap<string, string>;
  /** Words that mean something to Kubernetes, too: replaced only where they can only be the name of a service. */
  readonly guarded: ReadonlyMap<string, string>;
  /** Names of several words none of which is replaced alone, such as `web-frontend`. */
  readonly compounds: ReadonlyMap<string, string>;
}

/** Words that say what a thing is and not which: they stay, or the evidence would mean something else. */
const describing: ReadonlySet<string> = new Set(
  `api app backend broker bus cache client collector control daemon data database db dns edge exporter frontend front
   gateway http index ingress job kafka kube load master memcached mongo mongodb mysql nats node plane postgres pg proxy
   queue rabbitmq redis scheduler server service sql state store svc traffic users web worker`.split(/\s+/),
);

/** What PromQL, YAML of rules and OpenTelemetry mean something by. */
const languages: ReadonlySet<string> = new Set(
  `sum by without on ignoring group left right count avg min max rate irate increase delta deriv histogram quantile
   topk bottomk label replace join time vector scalar absent clamp offset and or unless bool over changes resets
   groups rules alert expr for labels annotations summary description severity name interval record value
   internal producer consumer unset error ok true false null firing pending inactive info warning critical`.split(
    /\s+/,
  ),
);

const ownNamespaces = /^(?:default|kube-.*)$/;
const named: ReadonlySet<string> = new Set(['Service', 'Deployment', 'StatefulSet', 'DaemonSet', 'CronJob']);

/** Members of objects whose keys are data and not structure. */
const freeMaps: ReadonlySet<string> = new Set(
  'labels annotations matchLabels selector nodeSelector data stringData attributes resource'.split(' '),
);

/** Chooses new names for every namespace, service, workload, node and the application of a bundle; the same every time. */
export async function nameMap(bundle: PublicBundle): Promise<NameMap> {
  const names = new Set<string>([bundle.manifest.application]);
  const structure = new Set<string>();
  for await (const object of bundle.objects()) {
    collectKeys(object, structure);
    const { name, namespace } = object.metadata;
    structure.add(object.kind.toLowerCase());
    if (object.kind === 'Namespace' && !ownNamespaces.test(name)) names.add(name);
    if (object.kind === 'Node') names.add(name);
    if (named.has(object.kind) && namespace !== undefined && !ownNamespaces.test(namespace)) names.add(name);
  }
  for (const metric of await bundle.metricNames()) for (const word of metric.split('_')) structure.add(word);
  return mapOf([...names], structure, hash32(bundle.manifest.task));
}

/** The map for a list of names; `structure` has the words that must not be touched alone. */
export function mapOf(names: readonly string[], structure: ReadonlySet<string>, seed: number): NameMap {
  const isProtected = (word: string) => structure.has(word) || languages.has(word) || word.length < 3;
  const taken = new Set(names.flatMap((name) => name.split('-')));
  const fresh = (of: string) => inventWord(of, seed, taken);
  const words = new Map<string, string>();
  const guarded = new Map<string, string>();
  const compounds = new Map<string, string>();
  const sorted = [...names].sort(byCodeUnit);
  for (const name of sorted) {
    const parts = name.split('-').filter((part) => !/^\d*$/.test(part));
    const own = parts.filter((part) => !describing.has(part) && !isProtected(part));
    for (const word of own) addWord(word, words, isProtected, fresh);
    const [only] = parts;
    if (own.length > 0 || only === undefined) continue;
    if (parts.length > 1 || name !== only) compounds.set(name, name.replace(parts.join('-'), fresh(name)));
    else if (isProtected(only)) guarded.set(only, fresh(only));
    else words.set(only, fresh(only));
  }
  return { words, guarded, compounds };
}

/** A word with its singular or plural, which stands in paths, tables and messages. */
function addWord(
  word: string,
  words: Map<string, string>,
  isProtected: (word: string) => boolean,
  fresh: (of: string) => string,
): void {
  if (words.has(word)) return;
  const stem = /^(.{3,}[^s])s$/.exec(word)?.[1];
  if (stem === undefined) {
    const other = fresh(word);
    words.set(word, other);
    if (!words.has(`${word}s`)) words.set(`${word}s`, `${other}s`);
    return;
  }
  const other = words.get(stem) ?? fresh(stem);
  words.set(word, `${other}s`);
  if (!isProtected(stem) && !describing.has(stem)) words.set(stem, other);
}

/** A word that can be spoken, means nothing and is not there yet. */
function inventWord(of: string, seed: number, taken: Set<string>): string {
  const random = new Random(key(seed, 'name', of));
  for (;;) {
    const syllables = Array.from({ length: random.integer(2, 3) }, () =>
      random
        .pick(['b', 'd', 'f', 'g', 'k', 'l', 'm', 'n', 'p', 'r', 't', 'v', 'z', 'br', 'dr', 'kl', 'tr', 'st'])
        .concat(random.pick(['a', 'e', 'i', 'o', 'u'])),
    );
    const word = `${syllables.join('')}${random.pick(['n', 'l', 'r', 'm', 'k', 'x'])}`;
    if (!taken.has(word)) {
      taken.add(word);
      return word;
    }
  }
}

function collectKeys(value: unknown, into: Set<string>): void {
  if (Array.isArray(value)) for (const item of value) collectKeys(item, into);
  else if (typeof value === 'object' && value !== null)
    for (const [name, member] of Object.entries(value)) {
      for (const word of name.split(/(?=[A-Z])|[^A-Za-z]+/)) into.add(word.toLowerCase());
      if (!freeMaps.has(name)) collectKeys(member, into);
    }
}
