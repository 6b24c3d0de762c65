/** The text of an answer file that names these entities. */
export function answerFile(
  factors: readonly { name: string; reasoning: string; evidence?: string }[],
): string {
  return `${JSON.stringify({ contributing_factors: factors.map((factor) => ({ evidence: '', ...factor })) }, undefined, 2)}\n`;
}
