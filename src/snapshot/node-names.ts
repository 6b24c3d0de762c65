import { literally } from '../base/literally.ts';
import { byCodeUnit } from '../base/order.ts';
import type { GroundTruth } from '../spec/bundle.ts';
import type { PublicBundle } from './public-reader.ts';

export interface NamedNode {
  readonly name: string;
  readonly isWorker: boolean;
}

/**
 * How to tell of nodes so that two clusters can be compared: without what all names begin with (the cluster's name, which
 * is nobody's evidence), and the workers numbered anew, those that `causes` names first. Which of two equal workers runs a
 * pod, and so is the one that is lost, is the scheduler's choice.
 */
export function plainNodeNames(
  nodes: readonly NamedNode[],
  causes: ReadonlySet<string>,
): (text: string) => string {
  if (nodes.length === 0) return (text) => text;
  const prefix = clusterName(nodes.map(({ name }) => name));
  const plain = new Map(nodes.map(({ name }) => [name, name.slice(prefix.length)]));
  const workers = nodes.flatMap(({ name, isWorker }) => (isWorker ? [name] : [])).sort(byCodeUnit);
  const causesFirst = workers.toSorted((a, b) => Number(causes.has(b)) - Number(causes.has(a)));
  for (const [index, name] of causesFirst.entries())
    plain.set(name, (workers[index] ?? '').slice(prefix.length));
  const longestFirst = [...plain.keys()].sort((a, b) => b.length - a.length);
  const names = new RegExp(`(?:${longestFirst.map(literally).join('|')})(?![\\w-])`, 'g');
  return (text) => text.replace(names, (name) => plain.get(name) ?? name);
}

/** `plainNodeNames` for the nodes and root causes of a bundle. */
export async function plainNodeNamesOf(
  bundle: PublicBundle,
  { rootCauses }: Pick<GroundTruth, 'rootCauses'>,
): Promise<(text: string) => string> {
  const nodes: NamedNode[] = [];
  for await (const { kind, metadata } of bundle.objects()) {
    if (kind !== 'Node') continue;
    const { labels = {} } = metadata as { readonly labels?: Readonly<Record<string, string>> };
    nodes.push({
      name: metadata.name,
      isWorker: labels['node-role.kubernetes.io/control-plane'] === undefined,
    });
  }
  return plainNodeNames(
    nodes,
    new Set(rootCauses.map(({ entity }) => entity.replace(/^cluster\/Node\//, ''))),
  );
}

/** What all names begin with, up to a dash. */
function clusterName([first = '', ...others]: readonly string[]): string {
  let { length } = first;
  for (const name of others) while (!name.startsWith(first.slice(0, length))) length--;
  return others.length === 0 ? '' : first.slice(0, first.slice(0, length).lastIndexOf('-') + 1);
}
