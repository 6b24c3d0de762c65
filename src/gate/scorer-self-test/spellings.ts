import { parseEntityName } from '../../entity/entity-name.ts';
import { isClusterScoped, workloadKinds } from '../../entity/kinds.ts';
import type { Universe } from '../../entity/universe.ts';

/** Other ways to write one entity that a scorer has to accept. */
export interface Spelling {
  readonly how: string;
  readonly text: string;
}

/** Short words of kubectl; written down here so that the test does not ask the table it tests. */
const shortWords: Readonly<Record<string, string>> = {
  Deployment: 'deploy',
  StatefulSet: 'sts',
  DaemonSet: 'ds',
  Service: 'svc',
  ConfigMap: 'cm',
  NetworkPolicy: 'netpol',
  ResourceQuota: 'quota',
  HorizontalPodAutoscaler: 'hpa',
  Node: 'no',
};

/** The spellings of an entity: case, kind words, decoration, its pods, a missing kind where the name is unique. */
export function spellingsOf(entity: string, universe: Universe): readonly Spelling[] {
  const ref = parseEntityName(entity);
  if (ref === undefined) return [];
  const { kind, name } = ref;
  const namespace = ref.namespace ?? 'cluster';
  const spellings: Spelling[] = [
    { how: 'canonical', text: entity },
    { how: 'lower case', text: entity.toLowerCase() },
    { how: 'upper case', text: entity.toUpperCase() },
    { how: 'in backquotes', text: `\`${entity}\`` },
    { how: 'with blanks', text: `  ${namespace} / ${kind} / ${name} ` },
    { how: 'kind in lower case', text: `${namespace}/${kind.toLowerCase()}/${name}` },
  ];
  const short = shortWords[kind];
  if (short !== undefined) spellings.push({ how: 'short kind', text: `${namespace}/${short}/${name}` });
  if (isClusterScoped(kind)) spellings.push({ how: 'no namespace', text: `${kind}/${name}` });
  const members = universe.members.filter((member) => member.entity === entity);
  if (workloadKinds.has(kind))
    for (const member of members.filter((one) => one.ref.kind === 'Pod').slice(0, 2))
      spellings.push({ how: 'one of its pods', text: member.name });
  const namesakes = new Set(
    universe.members
      .filter((one) => one.ref.name === name && (one.ref.namespace ?? 'cluster') === namespace)
      .map((one) => one.entity),
  );
  // several objects of one name are told apart by their kind only
  if (namesakes.size === 1) spellings.push({ how: 'no kind', text: `${namespace}/${name}` });
  return spellings;
}
