import { UserError } from '../base/errors.ts';

/** Public keys in a text: one a line, `#` begins a comment. UserError naming the line that is none. */
export function parseRecipients(text: string, source: string): readonly string[] {
  return linesOf(text).map(({ line, number }) => {
    if (/^age1[0-9a-z]+$/.test(line)) return line;
    throw new UserError('recipient', `${source}:${number} is no public key of age`, {
      hint: 'public keys begin with "age1"; age-keygen makes a pair',
    });
  });
}

/** Secret keys in a text, as age-keygen writes it. UserError if there is none; no message ever quotes a line. */
export function parseIdentities(text: string, source: string): readonly string[] {
  const keys = linesOf(text).map(({ line, number }) => {
    if (/^AGE-SECRET-KEY-(?:PQ-)?1[0-9A-Z]+$/.test(line)) return line;
    throw new UserError('identity', `${source}:${number} is no secret key of age`, {
      hint: 'an identity file holds lines that begin with "AGE-SECRET-KEY-1"; age-keygen -o FILE writes one',
    });
  });
  if (keys.length > 0) return keys;
  throw new UserError('identity', `${source} holds no secret key`, {
    hint: 'age-keygen -o FILE writes one',
  });
}

function linesOf(text: string): readonly { readonly line: string; readonly number: number }[] {
  return text
    .split('\n')
    .map((line, index) => ({ line: line.trim(), number: index + 1 }))
    .filter(({ line }) => line !== '' && !line.startsWith('#'));
}
