const suffixes: Readonly<Record<string, number>> = {
  m: 0.001,
  '': 1,
  Ki: 1024,
  Mi: 1024 ** 2,
  Gi: 1024 ** 3,
};

/** A Kubernetes quantity times `scale`; enough of the format for the shop's limits. */
export function quantityOf(text: string | undefined, scale: number): number | undefined {
  const match = text === undefined ? null : /^([\d.]+)(m|Ki|Mi|Gi|)$/.exec(text);
  return match === null ? undefined : Number(match[1]) * (suffixes[match[2]!] ?? 1) * scale;
}
