import type { Node, NodeSelectorTerm, Pod, Taint, Toleration } from '../controllers/kinds.ts';

/** Whether a toleration covers a taint. */
export function tolerates(toleration: Toleration, taint: Taint): boolean {
  if (toleration.effect !== undefined && toleration.effect !== '' && toleration.effect !== taint.effect)
    return false;
  const key = toleration.key ?? '';
  if (key !== '' && key !== taint.key) return false;
  if (toleration.operator === 'Exists') return true;
  return key !== '' && (toleration.value ?? '') === (taint.value ?? '');
}

/** The first taint with one of the effects that the pod does not tolerate. */
export function untoleratedTaint(pod: Pod, node: Node, effects: readonly string[]): Taint | undefined {
  const tolerations = pod.spec.tolerations ?? [];
  return (node.spec.taints ?? []).find(
    (taint) =>
      effects.includes(taint.effect) && !tolerations.some((toleration) => tolerates(toleration, taint)),
  );
}

function matchesExpression(
  expression: { operator: string; values?: string[] },
  value: string | undefined,
): boolean {
  const values = expression.values ?? [];
  switch (expression.operator) {
    case 'In':
      return value !== undefined && values.includes(value);
    case 'NotIn':
      return value === undefined || !values.includes(value);
    case 'Exists':
      return value !== undefined;
    case 'DoesNotExist':
      return value === undefined;
    case 'Gt':
      return value !== undefined && Number(value) > Number(values[0]);
    case 'Lt':
      return value !== undefined && Number(value) < Number(values[0]);
    default:
      return false;
  }
}

/** Whether the node satisfies one term of a node selector; an empty term matches no node. */
export function matchesTerm(term: NodeSelectorTerm, node: Node): boolean {
  const expressions = term.matchExpressions ?? [];
  const fields = term.matchFields ?? [];
  if (expressions.length === 0 && fields.length === 0) return false;
  return (
    expressions.every((expression) =>
      matchesExpression(expression, node.metadata.labels?.[expression.key]),
    ) &&
    fields.every((field) =>
      matchesExpression(field, field.key === 'metadata.name' ? node.metadata.name : undefined),
    )
  );
}

/** `nodeSelector` and required node affinity. */
export function matchesNodeSelection(pod: Pod, node: Node): boolean {
  for (const [label, value] of Object.entries(pod.spec.nodeSelector ?? {}))
    if (node.metadata.labels?.[label] !== value) return false;
  const required = pod.spec.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution;
  return required === undefined || required.nodeSelectorTerms.some((term) => matchesTerm(term, node));
}
