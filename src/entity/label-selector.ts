type Labels = Readonly<Record<string, string>>;

/** A `LabelSelector` of the Kubernetes API, as it stands in objects; anything else in there is ignored. */
interface LabelSelector {
  readonly matchLabels?: Labels;
  readonly matchExpressions?: readonly {
    readonly key: string;
    readonly operator: string;
    readonly values?: readonly string[];
  }[];
}

/** Whether labels match a LabelSelector; an empty selector matches all, an absent one nothing. */
export function matchesSelector(selector: unknown, labels: Labels | undefined): boolean {
  if (typeof selector !== 'object' || selector === null) return false;
  const { matchLabels, matchExpressions } = selector as LabelSelector;
  if (!matchesLabels(matchLabels ?? {}, labels)) return false;
  return (Array.isArray(matchExpressions) ? matchExpressions : []).every(({ key, operator, values }) => {
    const value = labels?.[key];
    if (operator === 'Exists') return value !== undefined;
    if (operator === 'DoesNotExist') return value === undefined;
    if (operator === 'In') return value !== undefined && (values ?? []).includes(value);
    if (operator === 'NotIn') return value === undefined || !(values ?? []).includes(value);
    return false;
  });
}

/** Whether labels have all of these values (the selector of a Service). */
export function matchesLabels(wanted: Labels, labels: Labels | undefined): boolean {
  return Object.entries(wanted).every(([name, value]) => labels?.[name] === value);
}
