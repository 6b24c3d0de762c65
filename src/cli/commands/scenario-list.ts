import { readdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { UserError } from '../../base/errors.ts';
import { byCodeUnit } from '../../base/order.ts';
import { loadScenario } from '../../spec/load-scenario.ts';
import { readKind } from '../../spec/read-kind.ts';
import type { CommonOptions, Io } from '../io.ts';
import { displayPath } from '../render-diagnostics.ts';
import { formatTable } from '../table.ts';
import { workspaceRoot } from '../workspace-root.ts';

interface Row {
  readonly file: string;
  readonly name?: string;
  readonly application?: string;
  readonly faults?: readonly string[];
  readonly split?: string;
  readonly summary?: string;
  /** How many mistakes of form the file has. */
  readonly mistakes?: number;
}

/** `culprit scenario list [DIR]`: every scenario file below a folder; exit 1 if one of them cannot be read. */
export async function scenarioList(options: CommonOptions & { dir?: string }, io: Io): Promise<number> {
  const folder = resolve(io.cwd, options.dir ?? join(workspaceRoot(io.cwd), 'scenarios'));
  const rows: Row[] = [];
  for (const file of await yamlFiles(folder)) {
    if ((await readKind(file)) !== 'Scenario') continue;
    rows.push(await rowOf(file, displayPath(file, io.cwd)));
  }
  if (options.json) io.stdout.write(`${JSON.stringify({ scenarios: rows }, undefined, 2)}\n`);
  else {
    const cells = rows.map((row) =>
      row.name === undefined
        ? ['-', '-', `invalid: ${row.mistakes} mistakes`, '-', row.file]
        : [
            row.name,
            row.application ?? '',
            row.faults?.join(', ') || 'none (control)',
            row.split ?? '',
            row.file,
          ],
    );
    io.stdout.write(formatTable(['name', 'application', 'faults', 'split', 'file'], cells));
    if (rows.some((row) => row.mistakes))
      io.stderr.write('to see the mistakes: culprit scenario validate FILE\n');
  }
  return rows.some((row) => row.mistakes) ? 1 : 0;
}

async function rowOf(path: string, file: string): Promise<Row> {
  const loaded = await loadScenario(path);
  if (!loaded.ok) return { file, mistakes: loaded.diagnostics.length };
  const { metadata, application, faults } = loaded.value.value;
  const { name, split, summary } = metadata;
  return { file, name, application, faults: faults.map((use) => use.fault), split, summary };
}

async function yamlFiles(folder: string): Promise<string[]> {
  try {
    const names = await readdir(folder, { recursive: true });
    return names
      .filter((name) => name.endsWith('.yaml') || name.endsWith('.yml'))
      .sort(byCodeUnit)
      .map((name) => join(folder, name));
  } catch (error) {
    throw new UserError(
      'no-such-folder',
      `cannot list ${folder}: ${(error as NodeJS.ErrnoException).code ?? error}`,
      {
        hint: 'give a folder, or make a workspace with: culprit init',
        cause: error,
      },
    );
  }
}
