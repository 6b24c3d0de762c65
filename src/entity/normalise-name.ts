/** Longest text that is looked at; an entity name has at most 63 + 63 + 253 characters and two slashes. */
const maximumNameLength = 512;

export type NormalisedName =
  | { readonly ok: true; readonly text: string }
  | { readonly ok: false; readonly problem: string };

/**
 * Cleans what an agent wrote before it is looked up: compatibility forms (full-width letters, ligatures) and invisible
 * format characters are undone, quotes and blanks around it dropped. Whatever then is not plain ASCII of the kind
 * object names are made of cannot name an object: look-alike letters of other scripts are refused, not guessed.
 */
export function normaliseName(input: unknown): NormalisedName {
  if (typeof input !== 'string') return { ok: false, problem: 'not a text' };
  if (input.length > maximumNameLength)
    return { ok: false, problem: `longer than ${maximumNameLength} characters` };
  let text = input.normalize('NFKC').replace(/\p{Cf}/gu, '');
  if (text.length > maximumNameLength)
    return { ok: false, problem: `longer than ${maximumNameLength} characters` };
  text = text
    .trim()
    .replace(/^["'`<([]+|["'`>)\].,;]+$/g, '')
    .trim();
  if (text === '') return { ok: false, problem: 'empty' };
  if (/\p{Cc}/u.test(text)) return { ok: false, problem: 'control characters in the name' };
  text = text.replace(/ *\/ */g, '/');
  // `/Node/x` and `Node/x/`: an empty part at either end says nothing
  text = text.replace(/^\/+/, '').replace(/\/+$/, '');
  if (text === '') return { ok: false, problem: 'empty' };
  if (!/^[A-Za-z0-9._:/-]+$/.test(text)) return { ok: false, problem: 'characters that no object name has' };
  return { ok: true, text };
}
