import type { CommonOptions, Io } from '../io.ts';
import { allMechanisms } from '../mechanisms.ts';
import { formatTable } from '../table.ts';

/** `culprit fault list`: the catalogue, with the distractors and cover that scenarios can use beside faults. */
export async function faultList(options: CommonOptions, io: Io): Promise<number> {
  const mechanisms = allMechanisms();
  if (options.json) {
    const items = mechanisms.map(({ type, name, category, tags, item }) => ({
      type,
      name,
      category,
      tags,
      summary: item.summary,
      requires: item.requires,
    }));
    io.stdout.write(`${JSON.stringify({ mechanisms: items }, undefined, 2)}\n`);
    return 0;
  }
  const rows = mechanisms.map(({ type, name, category, item }) => [type, name, category ?? '', item.summary]);
  io.stdout.write(formatTable(['type', 'name', 'category', 'summary'], rows));
  return 0;
}
