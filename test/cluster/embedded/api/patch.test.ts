import fc from 'fast-check';
import jsonpatch from 'fast-json-patch';
import { describe, expect, test } from 'vitest';
import { jsonPatch } from '../../../../src/cluster/embedded/api/patch/json-patch.ts';
import { mergePatch } from '../../../../src/cluster/embedded/api/patch/merge-patch.ts';
import { strategicMerge } from '../../../../src/cluster/embedded/api/patch/strategic-merge.ts';

const template = (spec: object) => ({ spec: { template: { spec } } });
const merged = (original: object, patch: object) =>
  strategicMerge(original as Record<string, unknown>, patch as Record<string, unknown>, 'V1Deployment');
const containers = [
  {
    name: 'app',
    image: 'a:1',
    env: [
      { name: 'A', value: '1' },
      { name: 'B', value: '2' },
    ],
    ports: [{ containerPort: 80, name: 'http' }],
    args: ['x', 'y'],
  },
  { name: 'side', image: 's:1' },
];

describe('strategic merge patch', () => {
  test('lists merge by their keys, others are replaced', () => {
    const patch = {
      containers: [
        {
          name: 'app',
          env: [
            { name: 'B', value: '3' },
            { name: 'C', value: '4' },
          ],
          ports: [{ containerPort: 80, protocol: 'UDP' }],
          args: ['z'],
        },
      ],
    };
    expect(merged(template({ containers }), template(patch))).toEqual(
      template({
        containers: [
          {
            name: 'app',
            image: 'a:1',
            env: [
              { name: 'A', value: '1' },
              { name: 'B', value: '3' },
              { name: 'C', value: '4' },
            ],
            ports: [{ containerPort: 80, name: 'http', protocol: 'UDP' }],
            args: ['z'],
          },
          { name: 'side', image: 's:1' },
        ],
      }),
    );
    const tolerations = (key: string) => template({ containers, tolerations: [{ key, operator: 'Exists' }] });
    expect(merged(tolerations('a'), template({ tolerations: [{ key: 'b', operator: 'Exists' }] }))).toEqual(
      tolerations('b'),
    );
  });

  test('directives: delete, replace, order, primitive lists, retained keys', () => {
    expect(
      merged(template({ containers }), template({ containers: [{ name: 'side', $patch: 'delete' }] })),
    ).toEqual(template({ containers: [containers[0]] }));
    expect(
      merged(
        template({ containers }),
        template({ containers: [{ $patch: 'replace' }, { name: 'new', image: 'n:1' }] }),
      ),
    ).toEqual(template({ containers: [{ name: 'new', image: 'n:1' }] }));
    const ordered = merged(
      template({ containers }),
      template({
        $setElementOrder: 0,
        containers: [{ name: 'first', image: 'f:1' }],
        '$setElementOrder/containers': [{ name: 'first' }, { name: 'side' }, { name: 'app' }],
      }),
    );
    expect(
      (
        ordered as { spec: { template: { spec: { containers: { name: string }[] } } } }
      ).spec.template.spec.containers.map((c) => c.name),
    ).toEqual(['first', 'side', 'app']);
    expect(
      merged(
        { metadata: { finalizers: ['a', 'b'] } },
        { metadata: { '$deleteFromPrimitiveList/finalizers': ['a'], finalizers: ['c'] } },
      ),
    ).toEqual({
      metadata: { finalizers: ['b', 'c'] },
    });
    expect(
      merged(
        { spec: { strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: 1 } } } },
        { spec: { strategy: { $retainKeys: ['type'], type: 'Recreate' } } },
      ),
    ).toEqual({ spec: { strategy: { type: 'Recreate' } } });
    expect(
      merged({ metadata: { labels: { a: '1', b: '2' } } }, { metadata: { labels: { a: null } } }),
    ).toEqual({ metadata: { labels: { b: '2' } } });
    expect(
      merged(
        { spec: { selector: { matchLabels: { a: 'b' } } } },
        { spec: { selector: { $patch: 'replace', matchLabels: { c: 'd' } } } },
      ),
    ).toEqual({
      spec: { selector: { matchLabels: { c: 'd' } } },
    });
    expect(() => merged(template({ containers }), template({ containers: [{ image: 'x' }] }))).toThrow(
      'does not contain declared merge key: name',
    );
  });

  test('an empty patch changes nothing, and a patch applied twice is a patch applied once', () => {
    const value = fc.dictionary(
      fc.string({ minLength: 1, maxLength: 3 }).filter((s) => !s.startsWith('$') && s !== '__proto__'),
      fc.string(),
    );
    fc.assert(
      fc.property(value, value, (labels, patch) => {
        const original = { metadata: { labels } };
        expect(merged(original, {})).toEqual(original);
        const once = merged(original, { metadata: { labels: patch } });
        expect(merged(once, { metadata: { labels: patch } })).toEqual(once);
      }),
    );
  });
});

const document = fc.letrec((tie) => ({
  value: fc.oneof(
    { depthSize: 'small' },
    fc.integer(),
    fc.string({ maxLength: 3 }),
    fc.boolean(),
    fc.array(tie('value'), { maxLength: 3 }),
    tie('object'),
  ),
  object: fc.dictionary(fc.constantFrom('a', 'b', 'c', 'd/e', 'f~g'), tie('value'), { maxKeys: 4 }),
})).object as fc.Arbitrary<Record<string, unknown>>;

describe('JSON patch and merge patch', () => {
  test('a patch made by another program leads to the same document', () => {
    fc.assert(
      fc.property(document, document, (from, to) => {
        const before = structuredClone(from);
        expect(jsonPatch(from, jsonpatch.compare(from, to))).toEqual(to);
        expect(from).toEqual(before);
      }),
    );
  });

  test('refusals', () => {
    expect(() => jsonPatch({ a: 1 }, [{ op: 'remove', path: '/b' }])).toThrow('missing path: "/b"');
    expect(() => jsonPatch({ a: 1 }, [{ op: 'test', path: '/a', value: 2 }])).toThrow(
      'testing value /a failed',
    );
    expect(() => jsonPatch({ a: [1] }, [{ op: 'add', path: '/a/3', value: 2 }])).toThrow('invalid index');
    expect(() => jsonPatch({}, [{ op: 'frobnicate', path: '/a' }])).toThrow('Unexpected kind');
    expect(
      jsonPatch({ a: [1, 2] }, [
        { op: 'move', from: '/a/0', path: '/a/-' },
        { op: 'copy', from: '/a', path: '/b' },
      ]),
    ).toEqual({ a: [2, 1], b: [2, 1] });
  });

  test('merge patch: the examples of RFC 7386', () => {
    const examples: [unknown, unknown, unknown][] = [
      [{ a: 'b' }, { a: 'c' }, { a: 'c' }],
      [{ a: 'b', b: 'c' }, { a: null }, { b: 'c' }],
      [{ a: ['b'] }, { a: 'c' }, { a: 'c' }],
      [{ a: { b: 'c' } }, { a: { b: 'd', c: null } }, { a: { b: 'd' } }],
      [{ a: [{ b: 'c' }] }, { a: [1] }, { a: [1] }],
      [{ e: null }, { a: 1 }, { e: null, a: 1 }],
      [{}, { a: { bb: { ccc: null } } }, { a: { bb: {} } }],
    ];
    for (const [original, patch, result] of examples) expect(mergePatch(original, patch)).toEqual(result);
  });
});
