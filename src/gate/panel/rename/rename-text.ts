import type { NameMap } from './name-map.ts';

/** Keys and types of Kubernetes itself, such as `kubernetes.io/service-account.name`: never touched. */
const kubernetesNames = /[A-Za-z0-9.-]*\b(?:kubernetes|k8s)\.io\/[A-Za-z0-9._-]+/g;

/** A word does not begin here: a letter or digit stands before it, unless that is the end of an escape in JSON. */
const begins = String.raw`(?:(?<![A-Za-z0-9])|(?<=\\[nrt]))`;

/** Makes the function that gives names in any text of a bundle their new form: plain, in capitals, in paths and hosts. */
export function textRenamer({ words, guarded, compounds }: NameMap): (text: string) => string {
  const table = new Map<string, string>();
  for (const [from, to] of [...words, ...compounds])
    for (const spelling of [asIs, withUnderscores, capitalised, inCapitals])
      table.set(spelling(from), spelling(to));
  const longestFirst = [...table.keys()].sort((a, b) => b.length - a.length || (a < b ? -1 : 1));
  const plain =
    longestFirst.length === 0
      ? undefined
      : // camelCase goes on with a capital after a small letter
        new RegExp(
          `${begins}(?:${longestFirst.map((from) => `${escaped(from)}${/[A-Z]$/.test(from) ? '(?![A-Za-z0-9])' : '(?![a-z0-9])'}`).join('|')})`,
          'g',
        );
  const careful = [...guarded].map(([from, to]) => [guardedPattern(from), to] as const);
  const rename = (text: string) => {
    let out = plain ? text.replace(plain, (found) => table.get(found) ?? found) : text;
    for (const [pattern, to] of careful) out = out.replace(pattern, to);
    return out;
  };
  return (text) => {
    if (!text.includes('.io/')) return rename(text);
    let out = '';
    let at = 0;
    for (const found of text.matchAll(kubernetesNames)) {
      out += rename(text.slice(at, found.index)) + found[0];
      at = found.index + found[0].length;
    }
    return out + rename(text.slice(at));
  };
}

/** The word as the name of something: in an entity's name or a path, a host, a pod, a quoted value, an assignment. */
function guardedPattern(word: string): RegExp {
  const w = escaped(word);
  return new RegExp(
    [
      `(?<=/)${w}(?=[/:"'\\s\\t@-]|$)`,
      `(?<=")${w}(?="(?!:))`,
      `(?<=[=\\t'])${w}(?=[\\s,;}'\\t]|$)`,
      `${begins}${w}(?=\\.[a-z]|:\\d|-)`,
      `(?<=[a-z0-9]-)${w}(?![A-Za-z0-9])`,
      `^${w}(?=\\t|$)`,
    ].join('|'),
    'gm',
  );
}

function escaped(text: string): string {
  return text.replace(/[^A-Za-z0-9]/g, '\\$&');
}

const asIs = (text: string) => text;
const withUnderscores = (text: string) => text.replaceAll('-', '_');
const capitalised = (text: string) => text.charAt(0).toUpperCase() + text.slice(1);
const inCapitals = (text: string) => withUnderscores(text).toUpperCase();
