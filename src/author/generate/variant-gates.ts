/** Why a variant is not kept. */
export interface Refusal {
  /** Name of the gate. */
  readonly gate: string;
  readonly why: readonly string[];
}

/**
 * What a variant has to pass once it is built. Handed in: lints and solvers judge what authors made, so they live above
 * this folder.
 */
export interface VariantGates {
  /** One bundle by itself; `undefined` if it passes. */
  judge(bundle: string): Promise<Refusal | undefined>;
  /** All bundles that are to be a suite, by what only shows side by side. */
  judgeTogether(bundles: readonly string[]): Promise<ReadonlyMap<string, Refusal>>;
}
