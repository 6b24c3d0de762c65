/** What an agent answered, read as hostile data: never executed, never trusted in size, depth or type. */
export interface ParsedSubmission {
  readonly factors: readonly {
    readonly name: string;
    readonly reasoning: string;
    readonly evidence: string;
  }[];
}

export type SubmissionResult =
  | { readonly ok: true; readonly submission: ParsedSubmission }
  | { readonly ok: false; readonly problem: string };

export const submissionLimits = {
  /** Bytes of the whole file. */
  bytes: 4 * 1024 * 1024,
  /** Entities named; a set larger than any cluster's is no diagnosis. */
  factors: 2000,
  /** Characters of one name. */
  name: 512,
  /** Characters kept of reasoning and evidence; the rest is cut off. */
  text: 8192,
} as const;

/**
 * Parses `agent_output.json`. Anything that is not exactly the answer format is a problem (and scores 0); fields we do
 * not know are ignored. An empty list is valid: it says that nothing is at fault.
 */
export function parseSubmission(content: string | Uint8Array): SubmissionResult {
  const size = typeof content === 'string' ? Buffer.byteLength(content) : content.byteLength;
  if (size > submissionLimits.bytes)
    return problem(`the file has ${size} bytes; at most ${submissionLimits.bytes} are read`);
  let text: string;
  try {
    text = typeof content === 'string' ? content : new TextDecoder('utf-8', { fatal: true }).decode(content);
  } catch {
    return problem('the file is not UTF-8 text');
  }
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    // RangeError: nested too deeply for the parser; the message of a SyntaxError may quote a lot of the input
    return problem(`the file is not JSON: ${(error as Error).message.slice(0, 120)}`);
  }
  if (!isRecord(value)) return problem('the answer must be a JSON object with "contributing_factors"');
  if (!Object.hasOwn(value, 'contributing_factors')) return problem('"contributing_factors" is missing');
  const list = value['contributing_factors'];
  if (!Array.isArray(list)) return problem('"contributing_factors" must be a list');
  if (list.length > submissionLimits.factors)
    return problem(`${list.length} contributing factors; at most ${submissionLimits.factors} are accepted`);
  const factors: { name: string; reasoning: string; evidence: string }[] = [];
  for (const [index, entry] of list.entries()) {
    if (!isRecord(entry)) return problem(`contributing_factors[${index}] must be an object with "name"`);
    const name = Object.hasOwn(entry, 'name') ? entry['name'] : undefined;
    if (typeof name !== 'string') return problem(`contributing_factors[${index}].name must be text`);
    if (name.length > submissionLimits.name)
      return problem(`contributing_factors[${index}].name has more than ${submissionLimits.name} characters`);
    factors.push({ name, reasoning: prose(entry, 'reasoning'), evidence: prose(entry, 'evidence') });
  }
  return { ok: true, submission: { factors } };
}

function prose(entry: Record<string, unknown>, field: string): string {
  const value = Object.hasOwn(entry, field) ? entry[field] : undefined;
  return typeof value === 'string' ? value.slice(0, submissionLimits.text) : '';
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function problem(text: string): SubmissionResult {
  return { ok: false, problem: text };
}
