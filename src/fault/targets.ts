import { type TString, Type } from 'typebox';
import { nearest } from '../base/nearest.ts';
import type { KubeObject } from '../spec/kube-types.ts';
import type { ArgumentProblem, ClusterView } from './fault.ts';
import { isLoadGenerator, nameOf, workloadKinds } from './workloads.ts';

const pattern = '^[a-z0-9.-]+/(?:[A-Za-z]+/)?[a-zA-Z0-9.-]+$';

/** Schema of an argument that names an object: `namespace/Kind/name`, or `namespace/name` where the kind is clear. */
export function targetText(description: string): TString {
  return Type.String({
    pattern,
    description: `${description} As "namespace/Kind/name", or "namespace/name".`,
  });
}

/** What an argument names, or what is wrong with it. */
export type Resolved =
  | { readonly object: KubeObject; readonly problem?: undefined }
  | { readonly object?: undefined; readonly problem: ArgumentProblem };

/** The object of one of the kinds that the text names; a name that fits several or none is a problem with the nearest known. */
export function resolveTarget(
  view: ClusterView,
  text: string,
  kinds: readonly string[],
  path: string,
): Resolved {
  const parts = text.split('/');
  const name = parts.at(-1) ?? '';
  const namespace = parts[0] ?? '';
  const kind = parts.length === 3 ? parts[1] : undefined;
  const candidates = view.objects.filter((o) => kinds.includes(o.kind));
  if (kind !== undefined && !kinds.some((k) => k.toLowerCase() === kind.toLowerCase()))
    return { problem: { path, message: `"${text}" is of kind ${kind}; expected ${kinds.join(' or ')}` } };
  const found = candidates.filter(
    (o) =>
      o.metadata.name === name &&
      (o.metadata.namespace ?? 'cluster') === namespace &&
      (kind === undefined || o.kind.toLowerCase() === kind.toLowerCase()),
  );
  const [first, ...more] = found;
  if (first !== undefined && more.length === 0) return { object: first };
  if (first !== undefined)
    return {
      problem: {
        path,
        message: `"${text}" is ambiguous`,
        hint: `say which: ${found.map(nameOf).join(', ')}`,
      },
    };
  const near =
    nearest(
      text,
      candidates.map((o) =>
        parts.length === 3 ? nameOf(o) : `${o.metadata.namespace ?? 'cluster'}/${o.metadata.name}`,
      ),
    ) ?? candidates.map(nameOf).find((known) => known.endsWith(`/${name}`));
  const known = candidates.map(nameOf);
  const hint =
    near !== undefined
      ? `did you mean "${near}"?`
      : known.length === 0
        ? `the application has no ${kinds.join(' or ')}`
        : `known: ${known.slice(0, 12).join(', ')}${known.length > 12 ? ', …' : ''}`;
  return {
    problem: {
      path,
      message: `${kinds.length === 1 ? kinds[0] : 'workload'} "${text}" is not in the application`,
      hint,
    },
  };
}

/** A Deployment, StatefulSet or DaemonSet of the application; the load generator is refused: it stands for the users. */
export function resolveWorkload(
  view: ClusterView,
  text: string,
  path: string,
  kinds: readonly string[] = workloadKinds,
): Resolved {
  const resolved = resolveTarget(view, text, kinds, path);
  if (resolved.object !== undefined && isLoadGenerator(view, resolved.object))
    return {
      problem: {
        path,
        message: `"${text}" is the load generator, which stands for the users`,
        hint: 'choose a service',
      },
    };
  return resolved;
}

/** The object that `check` has already resolved. Throws where it did not (our bug). */
export function target(
  view: ClusterView,
  text: string,
  kinds: readonly string[] = workloadKinds,
): KubeObject {
  const { object, problem } = resolveTarget(view, text, kinds, '');
  if (object === undefined) throw new Error(`planned without a check: ${problem.message}`);
  return object;
}
