import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { formatDuration, parseDuration } from '../../src/base/duration.ts';
import { Scenario } from '../../src/spec/scenario.ts';
import { schemaProblems } from '../../src/spec/schema-problems.ts';
import { jsonPointer, parseSourceDocument, pointerSegments } from '../../src/spec/source-document.ts';

const name = fc.stringMatching(/^[a-z][a-z/~]{0,6}$/);
const tree = fc.letrec((tie) => ({
  node: fc.oneof(
    { maxDepth: 4 },
    fc.integer({ min: 1000, max: 9999 }),
    fc.dictionary(name, tie('node'), { minKeys: 1, maxKeys: 4 }),
    fc.array(tie('node'), { minLength: 1, maxLength: 4 }),
  ),
})).node;

function leaves(value: unknown, pointer = ''): [pointer: string, leaf: number][] {
  if (typeof value === 'number') return [[pointer, value]];
  return Object.entries(value as object).flatMap(([key, member]) =>
    leaves(member, pointer + jsonPointer(key)),
  );
}

describe('a source document', () => {
  it('finds every value at its place, in block and in flow style', () => {
    fc.assert(
      fc.property(fc.dictionary(name, tree, { minKeys: 1 }), fc.boolean(), (value, flow) => {
        const text = stringify(value, flow ? { collectionStyle: 'flow' } : {});
        const parsed = parseSourceDocument('x.yaml', text);
        if (!parsed.ok) throw new Error(parsed.diagnostics[0]?.message);
        expect(parsed.value.value).toEqual(value);
        const lines = text.split('\n');
        for (const [pointer, leaf] of leaves(value)) {
          const { line, column } = parsed.value.locate(pointer);
          expect(lines[line - 1]?.slice(column - 1, column + 3)).toBe(String(leaf));
        }
      }),
    );
  });

  it('never throws, whatever the text', () => {
    const text = fc.string({
      unit: fc.constantFrom(
        'a',
        ':',
        ' ',
        '\n',
        '-',
        '{',
        '}',
        '[',
        ']',
        '"',
        '&',
        '*',
        '|',
        '\t',
        '#',
        '!',
        '%',
        '1',
      ),
    });
    fc.assert(
      fc.property(text, (source) => {
        const parsed = parseSourceDocument('x.yaml', source);
        for (const { location } of parsed.diagnostics) expect(location.line).toBeGreaterThan(0);
        if (parsed.ok) schemaProblems(Scenario, parsed.value.value);
      }),
    );
  });

  it.each([
    ['nested 5000 deep', `a: ${'['.repeat(5000)}${']'.repeat(5000)}`, 'FIL001'],
    ['two documents', 'a: 1\n---\nb: 2\n', 'FIL003'],
    ['only a comment', '# nothing\n', 'FIL003'],
    ['an unknown alias', 'a: 1\nb: *c\n', 'FIL005'],
  ])('reports a file of %s', (_, text, code) => {
    const { ok, diagnostics } = parseSourceDocument('x.yaml', text);
    expect({ ok, code: diagnostics[0]?.code }).toEqual({ ok: false, code });
  });

  it('has pointers that can be taken apart again', () => {
    fc.assert(
      fc.property(fc.array(fc.string()), (segments) => {
        expect(pointerSegments(jsonPointer(...segments))).toEqual(segments);
      }),
    );
  });
});

describe('durations', () => {
  it('mean the same after they were written', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 1e9 }), (ms) => {
        expect(parseDuration(formatDuration(ms))).toBe(ms);
      }),
    );
  });
});
