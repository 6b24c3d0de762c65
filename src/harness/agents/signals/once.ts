import type { PublicBundle } from '../../../snapshot/public-reader.ts';

const known = new WeakMap<PublicBundle, Map<string, Promise<unknown>>>();

/** Reads a signal of a bundle once, however many solvers ask for it; forgotten together with the bundle. */
export function once<T>(
  name: string,
  read: (evidence: PublicBundle) => Promise<T>,
): (evidence: PublicBundle) => Promise<T> {
  return (evidence) => {
    const signals = known.get(evidence) ?? new Map<string, Promise<unknown>>();
    known.set(evidence, signals);
    const signal = signals.get(name) ?? read(evidence);
    signals.set(name, signal);
    // a name is used by one reader only, and that one gives T
    return signal as Promise<T>;
  };
}
