import { nameOfObject, parseEntityName } from '../../../entity/entity-name.ts';
import { workloadKinds } from '../../../entity/kinds.ts';
import type { PublicBundle } from '../../../snapshot/public-reader.ts';
import { entitiesOf } from './entities.ts';
import { once } from './once.ts';

/** What a word of a message may mean. */
export interface Vocabulary {
  /** Entities a message from a namespace mentions, each once; words that mean several count for none. */
  mentioned(text: string, namespace: string | undefined): ReadonlySet<string>;
}

/** Kinds whose names are in every line, or that nobody edits. */
const ignored: ReadonlySet<string> = new Set([
  'Namespace',
  'ServiceAccount',
  'Lease',
  'Endpoints',
  'EndpointSlice',
  'ControllerRevision',
  'Role',
  'RoleBinding',
  'ClusterRole',
  'ClusterRoleBinding',
]);

/** Two letters are in anything. */
const shortest = 3;

/** Names of objects and keys of ConfigMaps and Secrets, as a person would grep for them. */
export const vocabularyOf = once('vocabulary', async (evidence: PublicBundle): Promise<Vocabulary> => {
  const { objects, universe } = await entitiesOf(evidence);
  const meanings = new Map<string, Map<string | undefined, Set<string>>>();
  const learn = (word: string, namespace: string | undefined, entity: string) => {
    if (word.length < shortest) return;
    const places = meanings.get(word) ?? meanings.set(word, new Map()).get(word);
    (places?.get(namespace) ?? places?.set(namespace, new Set()).get(namespace))?.add(entity);
  };
  for (const object of objects) {
    if (ignored.has(object.kind)) continue;
    const entity = universe.fold(nameOfObject(object));
    const { name, namespace } = object.metadata;
    learn(name, namespace, entity);
    if (object.kind !== 'ConfigMap' && object.kind !== 'Secret') continue;
    for (const key of Object.keys((object['data'] ?? {}) as object)) learn(key, namespace, entity);
  }
  const meaning = (word: string, namespace: string | undefined) => {
    const places = meanings.get(word);
    const near = places?.get(namespace) ?? places?.get(undefined);
    const all = near ?? (places?.size === 1 ? [...places.values()][0] : undefined);
    if (all === undefined || all.size === 1) return all?.values().next().value;
    // `search` is the program, whatever else has its name
    const programs = [...all].filter((entity) => workloadKinds.has(parseEntityName(entity)?.kind ?? ''));
    return programs.length === 1 ? programs[0] : undefined;
  };
  const known = new Map<string, string | undefined>();
  return {
    mentioned(text, namespace) {
      const found = new Set<string>();
      for (const [word] of text.matchAll(/[A-Za-z0-9](?:[A-Za-z0-9_.-]*[A-Za-z0-9])?/g)) {
        // `payment.fulfilment.svc` is looked up as a host, and by its parts
        for (const part of word.includes('.') ? [word, word.slice(0, word.indexOf('.'))] : [word]) {
          const id = `${namespace} ${part}`;
          if (!known.has(id)) known.set(id, meaning(part, namespace));
          const entity = known.get(id);
          if (entity !== undefined) found.add(entity);
        }
      }
      return found;
    },
  };
});
