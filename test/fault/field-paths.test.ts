import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { jsonEqual } from '../../src/base/json.ts';
import { applyJsonPatch, applyStrategicPatch } from '../../src/fault/apply-patch.ts';
import { covers, diffFields, formatPath, putBack, setField } from '../../src/fault/field-paths.ts';
import { inversePatch } from '../../src/fault/recovery.ts';
import type { KubeObject } from '../../src/spec/kube-types.ts';

const scalar = fc.oneof(fc.integer({ min: 0, max: 9 }), fc.constantFrom('a', 'b', 'x/y~z'), fc.boolean());
const map = fc.dictionary(fc.constantFrom('app', 'tier', 'a/b', 'note~1'), scalar, { maxKeys: 3 });
const named = (more: fc.Arbitrary<object>) =>
  fc.uniqueArray(
    fc.tuple(fc.constantFrom('web', 'log', 'init'), more).map(([name, rest]) => ({ name, ...rest })),
    { selector: (item) => item.name, maxLength: 3 },
  );
const object = fc
  .record(
    {
      labels: map,
      replicas: fc.integer({ min: 0, max: 5 }),
      rules: fc.array(map, { maxLength: 3 }),
      template: fc.record(
        {
          annotations: map,
          containers: named(
            fc.record({ image: scalar, env: named(fc.record({ value: scalar })) }, { requiredKeys: [] }),
          ),
        },
        { requiredKeys: [] },
      ),
    },
    { requiredKeys: [] },
  )
  .map((spec): KubeObject => ({ apiVersion: 'v1', kind: 'Thing', metadata: { name: 'thing' }, spec }));

/** Whether two values are the same but for the order of elements that have names. */
function sameButForOrder(a: unknown, b: unknown): boolean {
  return diffFields(sortedByName(a), sortedByName(b)).length === 0;
}
function sortedByName(value: unknown): unknown {
  if (Array.isArray(value)) {
    const items = value.map(sortedByName);
    const isNamed = items.every((item) => typeof item === 'object' && item !== null && 'name' in item);
    return isNamed
      ? items.toSorted((x, y) =>
          String((x as { name: string }).name) < String((y as { name: string }).name) ? -1 : 1,
        )
      : items;
  }
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, sortedByName(member)]));
}

describe('an inverse patch', () => {
  it('turns what a change made back into what was there', () => {
    fc.assert(
      fc.property(object, object, (before, after) => {
        const { steps, kept } = inversePatch(after, diffFields(before, after));
        expect(kept).toEqual([]);
        expect(sameButForOrder(applyJsonPatch(after, steps, jsonEqual), before)).toBe(true);
      }),
      { numRuns: 500 },
    );
  });

  it('does nothing the second time', () => {
    fc.assert(
      fc.property(object, object, (before, after) => {
        const differences = diffFields(before, after);
        const back = applyJsonPatch(after, inversePatch(after, differences).steps, jsonEqual) as KubeObject;
        expect(inversePatch(back, differences)).toMatchObject({ steps: [], kept: [] });
      }),
    );
  });

  it('leaves every field alone that somebody else changed since', () => {
    fc.assert(
      fc.property(object, object, object, (before, after, live) => {
        const differences = diffFields(before, after);
        const { steps, kept } = inversePatch(live, differences);
        const result = applyJsonPatch(live, steps, jsonEqual);
        const ours = new Set(differences.map(({ path }) => formatPath(path)));
        // whatever it changed is a field that the injection had changed
        for (const { path } of diffFields(live, result)) {
          const pointer = formatPath(path);
          expect(
            [...ours].some(
              (own) => pointer === own || own.startsWith(`${pointer}/`) || pointer.startsWith(`${own}/`),
            ),
          ).toBe(true);
        }
        for (const pointer of kept) expect(ours.has(pointer)).toBe(true);
      }),
      { numRuns: 300 },
    );
  });

  it('takes what a server left out because it is empty for what was asked for', () => {
    const before = { spec: { ingress: [{ from: [] }], policyTypes: ['Ingress'] } };
    const asked = { spec: { ingress: [], policyTypes: ['Ingress'] } };
    const live = { spec: { policyTypes: ['Ingress'] } } as unknown as KubeObject;
    const { steps, kept } = inversePatch(live, diffFields(before, asked), covers);
    expect(kept).toEqual([]);
    expect(applyJsonPatch(live, steps, jsonEqual)).toEqual(before);
    // a list that somebody filled meanwhile is theirs
    const filled = { spec: { policyTypes: ['Ingress'], ingress: [{}] } } as unknown as KubeObject;
    expect(inversePatch(filled, diffFields(before, asked), covers).kept).toEqual(['/spec/ingress']);
  });

  it('removes the map that came with a change, unless somebody put something into it', () => {
    const before = { spec: {} };
    const after = { spec: { annotations: { restartedAt: 'now' } } };
    const [difference] = diffFields(before, after);
    expect(putBack(after, difference!)).toEqual(before);
    expect(putBack(setField(after, ['spec', 'annotations', 'mine'], 'x'), difference!)).toEqual({
      spec: { annotations: { mine: 'x' } },
    });
  });
});

describe('a strategic patch', () => {
  it('merges containers, env and Service ports by their keys and replaces other lists', () => {
    const before = {
      containers: [
        { name: 'web', image: 'a:1', args: ['x', 'y'], env: [{ name: 'A', value: '1' }] },
        { name: 'log' },
      ],
      ports: [{ port: 80, targetPort: 'http' }],
    };
    const patch = {
      containers: [
        {
          name: 'web',
          args: ['z'],
          env: [
            { name: 'B', value: '2' },
            { $patch: 'delete', name: 'A' },
          ],
        },
      ],
      ports: [{ port: 80, targetPort: 81 }],
    };
    expect(applyStrategicPatch(before, patch)).toEqual({
      containers: [
        { name: 'web', image: 'a:1', args: ['z'], env: [{ name: 'B', value: '2' }] },
        { name: 'log' },
      ],
      ports: [{ port: 80, targetPort: 81 }],
    });
  });
});
