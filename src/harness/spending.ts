import { appendFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { RunDirectory } from './run-directory.ts';

/**
 * What a run has spent, a line per reply, in `spending.jsonl`: also for attempts that were given up and whose
 * transcripts are gone. The sum is what `--max-cost` continues from.
 */
export function recordSpending({ path }: RunDirectory): (usd: number) => void {
  const file = join(path, 'spending.jsonl');
  return (usd) => appendFileSync(file, `${JSON.stringify({ usd })}\n`);
}

/** US dollars spent so far. */
export async function spentUsd({ path }: RunDirectory): Promise<number> {
  const text = await readFile(join(path, 'spending.jsonl'), 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return '';
    throw error;
  });
  let sum = 0;
  for (const line of text.split('\n')) {
    const amount = /^\{"usd":([\d.e+-]+)\}$/.exec(line)?.[1];
    if (amount !== undefined) sum += Number(amount);
  }
  return sum;
}
