import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

/** What the oldest Node.js that `engines` allows (22) cannot parse, though TypeScript and Node.js 24 can. */
const tooNew = /^\s*(?:await\s+)?using\s+\w+\s*=/;

/** Whatever runs without tests keeps to the syntax of Node.js 22; answers the lines that do not. */
export async function checkSyntax(root: string): Promise<string[]> {
  if (!tooNew.test('  await using cluster = await open();')) throw new Error('the rule finds nothing');
  const found: string[] = [];
  for (const folder of ['src', 'bin'])
    for (const name of await readdir(join(root, folder), { recursive: true })) {
      if (!/\.(?:ts|js)$/.test(name)) continue;
      const lines = (await readFile(join(root, folder, name), 'utf8')).split('\n');
      for (const [index, line] of lines.entries())
        if (tooNew.test(line)) found.push(`${folder}/${name}:${index + 1}: Node.js 22 has no \`using\``);
    }
  return found;
}
