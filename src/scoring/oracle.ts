import type { GroundTruth } from '../spec/bundle.ts';

/** The perfect answer, as the text of an answer file. Only scoring may make it: the harness never sees the truth. */
export function oracleSubmission(truth: GroundTruth): string {
  const factors = truth.rootCauses.map((cause) => ({
    name: cause.entity,
    reasoning: cause.summary,
    evidence: '',
  }));
  return `${JSON.stringify({ contributing_factors: factors }, undefined, 2)}\n`;
}
