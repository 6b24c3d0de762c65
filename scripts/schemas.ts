import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { byCodeUnit } from '../src/base/order.ts';
import { schemaFiles } from './schema-files.ts';

const folder = join(import.meta.dirname, '..', 'schemas');

/** What differs between `schemas/` and what the types say now; none is good. */
export async function staleSchemas(): Promise<string[]> {
  const wanted = await schemaFiles();
  const stale: string[] = [];
  for (const [name, text] of wanted) {
    const found = await readFile(join(folder, name), 'utf8').catch(() => undefined);
    if (found === undefined) stale.push(`${name} is missing`);
    else if (found !== text) stale.push(`${name} is not what the types say`);
  }
  for (const name of await present()) if (!wanted.has(name)) stale.push(`${name} belongs to nothing`);
  return stale;
}

async function write(): Promise<void> {
  const wanted = await schemaFiles();
  for (const name of await present()) if (!wanted.has(name)) await rm(join(folder, name));
  for (const [name, text] of wanted) {
    await mkdir(dirname(join(folder, name)), { recursive: true });
    await writeFile(join(folder, name), text);
  }
  process.stdout.write(`${wanted.size} schemas written\n`);
}

async function present(): Promise<string[]> {
  const names = await readdir(folder, { recursive: true }).catch(() => []);
  return names.filter((name) => name.endsWith('.json')).sort(byCodeUnit);
}

if (import.meta.main) {
  if (process.argv.includes('--write')) await write();
  else {
    const stale = await staleSchemas();
    for (const line of stale) process.stdout.write(`schemas/${line}\n`);
    if (stale.length > 0) process.stdout.write('run: npm run schemas\n');
    process.exitCode = stale.length > 0 ? 1 : 0;
  }
}
