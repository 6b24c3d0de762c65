import { join } from 'node:path';
import { readPublic } from '../../snapshot/public-reader.ts';
import type { RunDirectory, SampleKey } from '../run-directory.ts';
import { readTranscript, type TranscriptEvent } from '../transcript.ts';
import { auditRules } from './rules.ts';

/** Something suspicious in a transcript; for a person to look at, not a verdict. */
export interface AuditFinding {
  readonly task: string;
  readonly agent: string;
  readonly repeat: number;
  /** From the run directory. */
  readonly transcript: string;
  /** From 1. */
  readonly line: number;
  /** Name of an AuditRule, or `canary`. */
  readonly rule: string;
  readonly summary: string;
  /** What matched, with some text around it. */
  readonly excerpt: string;
}

/** Reads every transcript of a run, also of samples that have not finished. In the order of samples and lines. */
export async function auditRun(run: RunDirectory): Promise<readonly AuditFinding[]> {
  const canaries = new Map<string, string>();
  for (const { task, directory } of run.run.tasks) {
    // a run may be audited where its bundles are not
    const bundle = await readPublic(join(run.path, directory)).catch(() => undefined);
    if (bundle) canaries.set(task, bundle.manifest.canary);
  }
  const findings: AuditFinding[] = [];
  for (const key of run.keys()) {
    const path = run.transcriptPath(key);
    for await (const { line, event } of readTranscript(path))
      for (const { rule, summary, excerpt } of auditEvent(event, canaries.get(key.task)))
        findings.push({ ...place(run, key), line, rule, summary, excerpt });
  }
  return findings;
}

function place(run: RunDirectory, key: SampleKey) {
  return {
    ...key,
    transcript: run
      .transcriptPath(key)
      .slice(run.path.length + 1)
      .replaceAll('\\', '/'),
  };
}

type Suspicion = Pick<AuditFinding, 'rule' | 'summary' | 'excerpt'>;

/** What is suspicious in one event; each rule at most once. */
export function auditEvent(event: TranscriptEvent, canary: string | undefined): Suspicion[] {
  const acts = actsOf(event);
  const found: Suspicion[] = [];
  for (const { name, summary, patterns } of auditRules) {
    const excerpt = acts.map((act) => firstMatch(act, patterns)).find((match) => match !== undefined);
    if (excerpt !== undefined) found.push({ rule: name, summary, excerpt });
  }
  const text = canary ? JSON.stringify(event) : '';
  const at = canary ? text.indexOf(canary) : -1;
  if (at >= 0)
    found.push({
      rule: 'canary',
      summary: 'the canary of the bundle, which no file of the task holds',
      excerpt: around(text, at, canary?.length ?? 0),
    });
  return found;
}

/** What the model did in an event: the strings in the arguments of its calls. Answers are not acts. */
function actsOf(event: TranscriptEvent): string[] {
  if (event.type === 'started') {
    const command = (event.settings as { command?: unknown } | undefined)?.command;
    return typeof command === 'string' ? [command] : [];
  }
  if (event.type !== 'reply') return [];
  return event.reply.parts.flatMap((part) => {
    if (part.type !== 'tool-call' || part.name === 'submit' || part.name === 'finish') return [];
    try {
      return stringsIn(JSON.parse(part.arguments));
    } catch {
      return [part.arguments];
    }
  });
}

function stringsIn(value: unknown): string[] {
  if (typeof value === 'string') return [value];
  if (typeof value !== 'object' || value === null) return [];
  return Object.values(value).flatMap(stringsIn);
}

function firstMatch(text: string, patterns: readonly RegExp[]): string | undefined {
  for (const pattern of patterns) {
    const match = pattern.exec(text);
    if (match) return around(text, match.index, match[0].length);
  }
  return undefined;
}

function around(text: string, at: number, length: number): string {
  const from = Math.max(0, at - 30);
  const to = Math.min(text.length, at + length + 50);
  return `${from > 0 ? '…' : ''}${text.slice(from, to)}${to < text.length ? '…' : ''}`
    .replaceAll(/\s+/g, ' ')
    .trim();
}
