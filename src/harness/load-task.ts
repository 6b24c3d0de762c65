import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { UserError } from '../base/errors.ts';
import { byText } from '../base/order.ts';
import { readPublic } from '../snapshot/public-reader.ts';
import type { TaskView } from './agent.ts';
import { sreInstruction } from './instruction.ts';

const instructions: Readonly<Record<string, string>> = { sre: sreInstruction };

/** A bundle seen from the evaluation side. */
export async function loadTask(bundle: string): Promise<TaskView> {
  const evidence = await readPublic(bundle);
  const { task, domain } = evidence.manifest;
  const instruction = instructions[domain];
  if (instruction === undefined)
    throw new UserError('unknown-domain', `${bundle}: there is no instruction for the domain "${domain}"`, {
      hint: `known: ${Object.keys(instructions).join(', ')}`,
    });
  return { id: task, domain, evidence, instruction };
}

/** Bundles meant by a list of folders: each is a bundle itself or a folder of bundles. Sorted by path; each once. */
export async function findBundles(paths: readonly string[]): Promise<readonly string[]> {
  const bundles = new Set<string>();
  for (const path of paths) {
    const entries = await readdir(path).catch((error: NodeJS.ErrnoException) => {
      throw new UserError('no-such-bundle', `cannot read ${path}: ${error.code}`, {
        hint: 'name a bundle or a folder of bundles',
      });
    });
    if (entries.includes('manifest.json')) bundles.add(path);
    else
      for (const entry of entries)
        if (
          !entry.startsWith('.') &&
          (await readdir(join(path, entry)).catch((): string[] => [])).includes('manifest.json')
        )
          bundles.add(join(path, entry));
  }
  if (bundles.size === 0)
    throw new UserError('no-bundles', `there is no bundle in ${paths.join(', ')}`, {
      hint: 'culprit build makes them',
    });
  return [...bundles].sort(byText((path) => path));
}
