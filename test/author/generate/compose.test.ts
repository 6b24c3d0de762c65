import fc from 'fast-check';
import { expect, it } from 'vitest';
import { compose } from '../../../src/author/generate/compose.ts';
import { jsonPointer } from '../../../src/spec/source-document.ts';

const part = (value: Record<string, unknown>, pointer: string, bindings = {}) => ({
  value,
  pointer,
  bindings,
});

it('merges objects by field, joins lists, replaces the rest, removes null', () => {
  const { value } = compose([
    part({ a: { x: 1, y: 2 }, list: [1], gone: 3, kept: 'old' }, '/base'),
    part({ a: { y: { z: 4 } }, list: [2, 3], gone: null, kept: 'new' }, '/more'),
  ]);
  expect(value).toEqual({ a: { x: 1, y: { z: 4 } }, list: [1, 2, 3], kept: 'new' });
});

it('puts values of any type in for their names, and leaves other texts that begin with $ alone', () => {
  const { value } = compose([
    part({ faults: [{ args: '$args', at: '$at', when: '$NOW', price: '$5', why: 'a $at' }] }, '/p', {
      args: { target: 'a/b' },
      at: '5m',
    }),
  ]);
  expect(value).toEqual({
    faults: [{ args: { target: 'a/b' }, at: '5m', when: '$NOW', price: '$5', why: 'a $at' }],
  });
});

it('knows where everything comes from, list entries too', () => {
  const { originOf } = compose([
    part({ faults: [{ fault: 'a' }], load: { rate: 1 } }, '/base'),
    part({ faults: [{ fault: 'b' }, { fault: 'c' }], load: { waves: {} } }, '/choose/0/from/1/merge'),
  ]);
  expect(originOf('/faults/0/fault')).toBe('/base/faults/0/fault');
  expect(originOf('/faults/2/fault')).toBe('/choose/0/from/1/merge/faults/1/fault');
  expect(originOf('/load/rate')).toBe('/base/load/rate');
  expect(originOf('/load/waves')).toBe('/choose/0/from/1/merge/load/waves');
});

it('finds for every leaf of the result the part and the place that has this value', () => {
  const leaf = fc.oneof(
    fc.integer(),
    fc.string().filter((text) => !text.startsWith('$')),
    fc.boolean(),
  );
  const { tree } = fc.letrec((tie) => ({
    tree: fc.oneof(
      { depthSize: 'small' },
      leaf,
      fc.array(tie('tree'), { maxLength: 3 }),
      fc.dictionary(fc.constantFrom('a', 'b', 'c~', 'd/e', '__proto__'), tie('tree'), { maxKeys: 3 }),
    ),
  }));
  const object = fc.dictionary(fc.constantFrom('a', 'b', 'c~', '__proto__'), tree, { maxKeys: 4 });
  fc.assert(
    fc.property(fc.array(object, { minLength: 1, maxLength: 4 }), (objects) => {
      const { value, originOf } = compose(
        objects.map((one, index) => part(one as Record<string, unknown>, jsonPointer(index))),
      );
      for (const [pointer, found] of leaves(value))
        expect(at(objects, originOf(pointer)), `${pointer} from ${originOf(pointer)}`).toBe(found);
    }),
  );
});

function* leaves(value: unknown, pointer = ''): Generator<readonly [string, unknown]> {
  if (typeof value !== 'object' || value === null) yield [pointer, value];
  else for (const [name, member] of Object.entries(value)) yield* leaves(member, pointer + jsonPointer(name));
}

function at(root: unknown, pointer: string): unknown {
  let value = root;
  for (const segment of pointer.split('/').slice(1))
    value = (value as Record<string, unknown>)[segment.replaceAll('~1', '/').replaceAll('~0', '~')];
  return value;
}
