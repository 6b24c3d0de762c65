/** A state of a container that is worth telling: `waiting CrashLoopBackOff`, `terminated OOMKilled`. */
type State = 'waiting' | 'terminated';

/** Container states other than running that a pod's status tells now, and as its last. */
export function statesOfPod(pod: Readonly<Record<string, unknown>>): readonly string[] {
  const { status } = pod as { readonly status?: Readonly<Record<string, unknown>> };
  return ['containerStatuses', 'initContainerStatuses'].flatMap((list) => statesIn(status?.[list], ''));
}

/** The same told by the operations of a JSON patch of a pod. */
export function statesInPatch(patch: readonly unknown[]): readonly string[] {
  return patch.flatMap((operation) => {
    const { path, value } = operation as { readonly path?: unknown; readonly value?: unknown };
    if (typeof path !== 'string') return [];
    if (path === '') return statesOfPod((value ?? {}) as Readonly<Record<string, unknown>>);
    return /\/(?:initC|c)ontainerStatuses(?:\/|$)/.test(path) || path === '/status'
      ? statesIn(value, path)
      : [];
  });
}

/** Looks for `waiting` and `terminated` with their reasons anywhere below a value that stands at `path`. */
function statesIn(value: unknown, path: string): readonly string[] {
  const state = /\/(waiting|terminated)(?:\/reason)?$/.exec(path)?.[1] as State | undefined;
  if (state !== undefined && path.endsWith('/reason'))
    return typeof value === 'string' ? [`${state} ${value}`] : [];
  if (typeof value !== 'object' || value === null) return [];
  const { reason } = value as { readonly reason?: unknown };
  if (state !== undefined) return typeof reason === 'string' ? [`${state} ${reason}`] : [];
  return Object.entries(value).flatMap(([name, member]) => statesIn(member, `${path}/${name}`));
}
