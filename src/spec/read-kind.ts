import { readFile } from 'node:fs/promises';
import { UserError } from '../base/errors.ts';

/** The top-level `kind` of a YAML file, without checking anything else; UserError if the file cannot be read. */
export async function readKind(file: string): Promise<string | undefined> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new UserError(
      'no-such-file',
      code === 'ENOENT' ? `no such file: ${file}` : `cannot read ${file}: ${code}`,
    );
  }
  return /^kind:\s*["']?([A-Za-z]+)/m.exec(text)?.[1];
}
