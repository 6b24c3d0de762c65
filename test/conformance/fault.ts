import { describe, expect, it } from 'vitest';
import { canonicalJson } from '../../src/base/json.ts';
import type { ClusterView } from '../../src/fault/fault.ts';
import type { Mechanism } from '../../src/fault/lookup.ts';
import { subjectOf } from '../../src/fault/operations.ts';
import { applyPatch, touchedFields } from '../../src/fault/touched-fields.ts';
import { viewFor } from '../../src/fault/view.ts';
import type { OperationAction } from '../../src/spec/plan.ts';
import { schemaProblems } from '../../src/spec/schema-problems.ts';

/** Words that would give the answer away in a cluster. */
const forbidden = /culprit|inject|fault|chaos|sabotage|simulat/i;
const kinds: ReadonlySet<string> = new Set([
  'create',
  'patch',
  'delete',
  'delete-pods',
  'stop-node',
  'start-node',
  'stop-node-of',
  'set-load',
]);

export interface MechanismCase {
  readonly mechanism: Mechanism;
  readonly type: 'fault' | 'distractor' | 'cover';
  readonly view: ClusterView;
  /** Arguments to try beside those the mechanism suggests. */
  readonly variants?: readonly unknown[];
}

/** What every fault, distractor and cover promises, whatever the application. */
export function mechanismConformance(
  label: string,
  { mechanism, type, view, variants = [] }: MechanismCase,
): void {
  describe(`${type} ${mechanism.name} on ${label}`, () => {
    const suggested = mechanism.suggest?.(view);
    const cases = [...(suggested === undefined ? [] : [suggested]), ...variants].map(
      (args) => [JSON.stringify(args), args] as const,
    );

    it('describes itself and gives an example that fits its schema', () => {
      expect(mechanism.name).toMatch(/^[a-z][a-z0-9-]*$/);
      expect(mechanism.summary.length).toBeGreaterThan(10);
      expect(mechanism.description.length).toBeGreaterThan(30);
      const { examples } = mechanism.schema as { examples?: readonly unknown[] };
      expect(examples?.length).toBeGreaterThan(0);
      for (const example of examples ?? []) expect(schemaProblems(mechanism.schema, example)).toEqual([]);
      for (const property of Object.values(
        (mechanism.schema as { properties?: Record<string, { description?: string }> }).properties ?? {},
      ))
        expect(property.description).toBeTruthy();
    });

    it('suggests something, or has variants here', () => {
      expect(cases.length).toBeGreaterThan(0);
    });

    it('refuses targets that do not exist, without planning', () => {
      for (const [, args] of cases)
        for (const [name, value] of Object.entries(args as Record<string, unknown>))
          if (typeof value === 'string' && /^[^/]+\/[^/]+\/[^/]+$/.test(value)) {
            const problems = mechanism.check(
              { ...(args as object), [name]: value.replace(/[^/]+$/, 'nowhere-at-all') },
              view,
            );
            expect(problems.length).toBeGreaterThan(0);
            expect(problems.every((problem) => problem.path === '' || problem.path.startsWith('/'))).toBe(
              true,
            );
          }
    });

    it.each(cases)('takes %s', (_, args) => {
      expect(schemaProblems(mechanism.schema, args)).toEqual([]);
      expect(mechanism.check(args, view)).toEqual([]);
    });

    it.each(cases)('plans the same twice for %s, and only the seed changes it', (_, args) => {
      const plan = () => canonicalJson(mechanism.plan(args, viewFor(view, 'ab'.repeat(16), 'x')));
      expect(plan()).toBe(plan());
    });

    it.each(cases)('plans operations on objects that are there, with the right roles, for %s', (_, args) => {
      const { operations } = mechanism.plan(args, view);
      expect(operations.length).toBeGreaterThan(0);
      const roles = operations.map((operation) => operation.role);
      if (type === 'fault') {
        expect(roles[0]).toBe('cause');
        expect(roles).not.toContain('cover');
      } else expect(new Set(roles)).toEqual(new Set(['cover']));
      const created = new Set<string>();
      for (const { action, summary, atMs } of operations) {
        expect(kinds.has(action.verb)).toBe(true);
        expect(atMs).toBeGreaterThanOrEqual(0);
        expect(summary).not.toMatch(forbidden);
        expect(summary).not.toContain('\n');
        expect(JSON.stringify(action)).not.toMatch(forbidden);
        if (action.verb === 'create') created.add(subjectOf(action));
        const ref = targetOf(action);
        if (ref !== undefined && !created.has(subjectOf(action))) {
          const object = view.find(ref);
          expect(object, subjectOf(action)).toBeDefined();
          expect(object?.apiVersion).toBe(ref.apiVersion);
        }
        if (action.verb === 'patch') {
          const before = view.find(action.target);
          expect(touchedFields(action, view).length).toBeGreaterThan(0);
          // what a server must still accept: identity is not patched
          const after = applyPatch(before, action.type, action.body) as { metadata: object; kind: string };
          expect(after.kind).toBe(before?.kind);
          expect(after.metadata).toMatchObject({ name: before?.metadata.name });
        }
      }
    });

    it.each(cases)('expects what can be looked for, for %s', (_, args) => {
      const { expectations } = mechanism.plan(args, view);
      for (const { must, withinMs, condition } of expectations) {
        if (must) expect(withinMs).toBeGreaterThan(0);
        if (condition.type === 'log') expect(() => new RegExp(condition.pattern)).not.toThrow();
        if (condition.type === 'alert') expect(view.application.rules).toContain(`alert: ${condition.name}`);
      }
    });
  });
}

function targetOf(action: OperationAction) {
  switch (action.verb) {
    case 'patch':
    case 'delete':
      return action.target;
    case 'delete-pods':
    case 'stop-node-of':
      return action.owner;
    default:
      return undefined;
  }
}
