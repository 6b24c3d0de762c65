import { byCodeUnit } from '../../base/order.ts';
import type { KubeObject } from '../../spec/kube-types.ts';
import { bootstrapTokens } from './bootstrap-tokens.ts';
import { generation } from './generation.ts';
import { lastApplied } from './last-applied.ts';
import { managedFields } from './managed-fields.ts';
import { ownMachinery } from './own-machinery.ts';
import { resourceVersion } from './resource-version.ts';
import { redacted, type SanitiserRule } from './rule.ts';
import { secretValues } from './secret-values.ts';
import { tokensInText } from './tokens-in-text.ts';

export interface SanitiserFacts {
  /** Sensitive values of Secrets, decoded. */
  readonly secretValues: Iterable<string>;
  /** Names that are public anyway. */
  readonly names: ReadonlySet<string>;
  /** Namespaces of our own machinery on real clusters. */
  readonly ownNamespaces: ReadonlySet<string>;
}

/** What a rule did, for the private record. */
export interface SanitiserRecord {
  readonly rule: string;
  readonly reason: string;
  /** Fields and objects taken out, values and texts replaced. */
  readonly count: number;
}

/** Takes out what must not be published. Never changes its input; the same input gives the same output. */
export class Sanitiser {
  readonly #rules: readonly SanitiserRule[];
  readonly #texts: readonly SanitiserRule[];
  readonly #counts = new Map<string, number>();

  constructor(facts: SanitiserFacts) {
    this.#rules = [
      bootstrapTokens,
      generation,
      lastApplied,
      managedFields,
      ownMachinery(facts.ownNamespaces),
      resourceVersion,
      secretValues(facts.secretValues, facts.names),
      tokensInText,
    ];
    this.#texts = this.#rules.filter((rule) => rule.text !== undefined);
  }

  /** The object without what must not be seen; `undefined` if all of it must not. */
  object(object: KubeObject): KubeObject | undefined {
    const omitting = this.#rules.find((rule) => rule.omits?.(object));
    if (omitting) {
      this.#count(omitting);
      return undefined;
    }
    // the walk keeps the shape: a rule never drops apiVersion, kind or metadata
    return this.#walk(object.kind, [], object) as KubeObject;
  }

  /** The operations of a JSON patch of an object of this kind. */
  patch(kind: string, operations: readonly unknown[]): readonly unknown[] {
    const kept: unknown[] = [];
    for (const operation of operations) {
      if (typeof operation !== 'object' || operation === null) continue;
      const { path } = operation as { path?: unknown };
      if (typeof path !== 'string') continue;
      const names =
        path === ''
          ? []
          : path
              .slice(1)
              .split('/')
              .map((name) => name.replaceAll('~1', '/').replaceAll('~0', '~'));
      const dropped = names.some((_, index) => this.#verdict(kind, names.slice(0, index + 1)) === 'drop');
      if (dropped) continue;
      kept.push(
        'value' in operation ? { ...operation, value: this.#walk(kind, names, operation.value) } : operation,
      );
    }
    return kept;
  }

  text(text: string): string {
    let out = text;
    for (const rule of this.#texts) {
      const after = rule.text?.(out) ?? out;
      if (after !== out) this.#count(rule);
      out = after;
    }
    return out;
  }

  /** Any JSON value with its texts sanitised; Secrets inside (in a plan) lose their values too. */
  value(value: unknown): unknown {
    if (typeof value === 'string') return this.text(value);
    if (Array.isArray(value)) return value.map((item) => this.value(item));
    if (typeof value !== 'object' || value === null) return value;
    if (Object.getPrototypeOf(value) !== Object.prototype) return value;
    const fields = value as Record<string, unknown>;
    const isSecret = fields.kind === 'Secret' && 'metadata' in fields;
    if (isSecret) return this.#walk('Secret', [], fields);
    const target = fields.target as { kind?: unknown } | undefined;
    const secretBody =
      typeof target === 'object' && target !== null && target.kind === 'Secret' && 'body' in fields;
    return Object.fromEntries(
      Object.entries(fields).map(([name, member]) => [
        name,
        secretBody && name === 'body' ? this.#secretBody(member) : this.value(member),
      ]),
    );
  }

  /** What was done so far, sorted by rule. */
  record(): readonly SanitiserRecord[] {
    return this.#rules
      .map((rule) => ({ rule: rule.name, reason: rule.reason, count: this.#counts.get(rule.name) ?? 0 }))
      .sort((a, b) => byCodeUnit(a.rule, b.rule));
  }

  #secretBody(body: unknown): unknown {
    return Array.isArray(body) ? this.patch('Secret', body) : this.#walk('Secret', [], body);
  }

  #walk(kind: string, path: readonly string[], value: unknown): unknown {
    const verdict = path.length > 0 ? this.#verdict(kind, path) : undefined;
    if (verdict === 'drop') return undefined;
    if (verdict === 'redact') return redacted;
    if (typeof value === 'string') return this.text(value);
    if (Array.isArray(value))
      return value.map((item, index) => this.#walk(kind, [...path, String(index)], item));
    if (typeof value !== 'object' || value === null) return value;
    const out: Record<string, unknown> = {};
    for (const [name, member] of Object.entries(value)) {
      const after = this.#walk(kind, [...path, name], member);
      if (after !== undefined) out[name] = after;
    }
    return out;
  }

  #verdict(kind: string, path: readonly string[]): 'drop' | 'redact' | undefined {
    for (const rule of this.#rules) {
      const verdict = rule.field?.(kind, path);
      if (verdict === undefined) continue;
      this.#count(rule);
      return verdict;
    }
    return undefined;
  }

  #count(rule: SanitiserRule): void {
    this.#counts.set(rule.name, (this.#counts.get(rule.name) ?? 0) + 1);
  }
}
