import { literally } from '../../base/literally.ts';
import type { Found } from './finding.ts';
import type { LintedFile } from './linted-bundle.ts';

/** Findings of one rule in one file that are listed; a last one says that there are more. */
const perFile = 5;

/** Every match of a global pattern in files, as findings. */
export function* scan(
  files: Iterable<Pick<LintedFile, 'path' | 'text'>>,
  pattern: RegExp,
  message: (match: string) => string,
): Generator<Found> {
  for (const { path, text } of files) {
    let count = 0;
    let line = 1;
    let position = 0;
    let reported = 0;
    for (const match of text.matchAll(pattern)) {
      for (
        let at = text.indexOf('\n', position);
        at >= 0 && at < match.index;
        at = text.indexOf('\n', position)
      ) {
        line++;
        position = at + 1;
      }
      if (line === reported) continue;
      reported = line;
      if (++count > perFile) {
        yield { file: path, line, message: 'and more of this in the lines below' };
        break;
      }
      yield { file: path, line, message: message(match[0]) };
    }
  }
}

/** A pattern for whole identifiers: what stands beside them is no letter, digit, dash or underscore. */
export function wholeWords(words: readonly string[]): RegExp | undefined {
  if (words.length === 0) return undefined;
  return new RegExp(`(?<![A-Za-z0-9_-])(?:${words.map(literally).join('|')})(?![A-Za-z0-9_-])`, 'g');
}
