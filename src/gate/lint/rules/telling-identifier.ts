import type { KubeObject } from '../../../spec/kube-types.ts';
import { leaves } from '../field-leaves.ts';
import type { BundleRule } from '../finding.ts';
import type { LintedBundle } from '../linted-bundle.ts';

/** Fine in prose, telling in what somebody has named. */
const telling = new Set(
  'inject injected injector injection fault faults faulty broken breakage scenario benchmark experiment simulate simulated simulator simulation sabotage victim distractor symptom outage incident'.split(
    ' ',
  ),
);
/** Names of well-known software that has these words. */
const wellKnown = [
  'istio-injection',
  'sidecar.istio.io/inject',
  'sidecar-injector',
  'linkerd.io/inject',
  'vault.hashicorp.com/agent-inject',
  'agent-injector',
];
const namedIn = new Set(['image', 'serviceAccountName', 'schedulerName', 'priorityClassName', 'manager']);

export const tellingIdentifier: BundleRule = {
  scope: 'bundle',
  code: 'LEK002',
  name: 'telling-identifier',
  finds:
    'names of objects, labels, annotations, finalizers, images, containers, service accounts, variables, keys and services with words of an exercise',
  why: 'operators name things after what they do; a name that tells of an exercise points at what was set up for it',
  *check(bundle) {
    for (const { line, value } of bundle.objects) {
      const seen = new Set<string>();
      for (const [what, name] of identifiers(value)) {
        const word = tellingWord(name);
        if (word === undefined || seen.has(name)) continue;
        seen.add(name);
        yield { file: 'public/objects.jsonl', line, message: `${what} "${name}" has "${word}"` };
      }
    }
    yield* inFileNames(bundle);
  },
};

function* inFileNames({ files, topology }: LintedBundle) {
  for (const { path } of files) {
    const word = tellingWord(path);
    if (word !== undefined) yield { file: path, line: 1, message: `the file's name has "${word}"` };
  }
  for (const { name, namespace } of topology.services) {
    const word = tellingWord(name) ?? tellingWord(namespace);
    if (word !== undefined)
      yield {
        file: 'public/topology.json',
        line: 1,
        message: `service "${namespace}/${name}" has "${word}"`,
      };
  }
}

function* identifiers(object: KubeObject): Generator<readonly [what: string, name: string]> {
  yield ['name', object.metadata.name];
  yield ['kind', object.kind];
  if (object.metadata.namespace !== undefined) yield ['namespace', object.metadata.namespace];
  for (const { path, value } of leaves(object)) {
    if (path[0] === 'status') continue;
    const last = path.at(-1) ?? '';
    const parent = path.at(-2);
    if (parent === 'labels' || parent === 'annotations') {
      yield [parent.slice(0, -1), last];
      // a label's value is a name; what people write into annotations is prose
      if (parent === 'labels' && typeof value === 'string') yield ['label', value];
    } else if (path[0] === 'data' || path[0] === 'stringData') yield ['key', last];
    else if (typeof value !== 'string') continue;
    else if (namedIn.has(last)) yield [last, value];
    else if (parent === 'finalizers' || path.at(-2) === 'finalizers') yield ['finalizer', value];
    else if (
      last === 'name' &&
      ['env', 'containers', 'initContainers', 'volumes'].includes(path.at(-3) ?? '')
    )
      yield [`name in ${path.at(-3)}`, value];
  }
}

function tellingWord(name: string): string | undefined {
  let rest = name;
  for (const known of wellKnown) rest = rest.replaceAll(known, ' ');
  return rest
    .replaceAll(/([a-z0-9])([A-Z])/g, '$1-$2')
    .toLowerCase()
    .split(/[^a-z]+/)
    .find((word) => telling.has(word));
}
