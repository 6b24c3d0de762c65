import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { byCodeUnit } from '../src/base/order.ts';

/** Every code a diagnostic can have stands in docs/diagnostics.md, and none that is gone; answers what does not. */
export async function checkDiagnosticCodes(root: string): Promise<string[]> {
  const used = new Set<string>();
  for (const folder of ['spec', 'author', 'cli', 'fault'])
    for (const name of await readdir(join(root, 'src', folder), { recursive: true })) {
      if (!name.endsWith('.ts')) continue;
      const text = await readFile(join(root, 'src', folder, name), 'utf8');
      for (const [, code] of text.matchAll(/'([A-Z]{3}\d{3})'/g)) if (code) used.add(code);
    }
  const page = await readFile(join(root, 'docs', 'diagnostics.md'), 'utf8');
  const listed = new Set([...page.matchAll(/^\| `([A-Z]{3}\d{3})` /gm)].map(([, code]) => code ?? ''));
  return [
    ...[...used]
      .filter((code) => !listed.has(code))
      .sort(byCodeUnit)
      .map((code) => `docs/diagnostics.md does not list ${code}`),
    ...[...listed]
      .filter((code) => !used.has(code))
      .sort(byCodeUnit)
      .map((code) => `docs/diagnostics.md lists ${code}, which nothing reports`),
  ];
}
