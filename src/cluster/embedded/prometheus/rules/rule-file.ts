import { isMap, isScalar, isSeq, LineCounter, type Node, parseDocument, type YAMLMap } from 'yaml';
import { typeOf } from '../promql/check.ts';
import { PromqlError } from '../promql/error.ts';
import { isLabelName } from '../promql/label-functions.ts';
import { parseDurationMs } from '../promql/literals.ts';
import { parseExpr } from '../promql/parse.ts';
import { parseTemplate } from '../template/template.ts';

export interface Rule {
  readonly kind: 'alert' | 'record';
  readonly name: string;
  readonly expr: string;
  readonly forMs: number;
  readonly keepFiringForMs: number;
  /** Alert labels and annotations are templates. */
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
}

export interface RuleGroup {
  readonly name: string;
  /** undefined: the global evaluation interval. */
  readonly intervalMs: number | undefined;
  readonly limit: number;
  readonly rules: readonly Rule[];
}

/** One mistake in a rule file; line and column count from 1. */
export interface RuleProblem {
  readonly line: number;
  readonly column: number;
  readonly message: string;
}

/** All mistakes of a Prometheus rule file; empty: Prometheus would load it. */
export function checkRules(text: string): readonly RuleProblem[] {
  return parseRules(text).problems;
}

/** Groups of a rule file, and everything that is wrong with it. Use the groups only if nothing is. */
export function parseRules(text: string): {
  readonly groups: readonly RuleGroup[];
  readonly problems: readonly RuleProblem[];
} {
  const lines = new LineCounter();
  const problems: RuleProblem[] = [];
  const document = parseDocument(text, { lineCounter: lines, uniqueKeys: true, prettyErrors: false });
  const at = (offset: number, message: string) => {
    const { line, col } = lines.linePos(offset);
    problems.push({ line: Math.max(1, line), column: Math.max(1, col), message });
  };
  for (const error of document.errors) at(error.pos[0], error.message);
  if (document.errors.length > 0) return { groups: [], problems };
  const reader = new RuleReader(at);
  const groups =
    document.contents === null || isEmptyScalar(document.contents)
      ? []
      : reader.file(document.contents as Node);
  problems.sort((a, b) => a.line - b.line || a.column - b.column);
  return { groups, problems };
}

function isEmptyScalar(node: unknown): boolean {
  return isScalar(node) && (node.value === null || node.value === '');
}

type Fields = ReadonlyMap<string, { readonly node: Node | null; readonly offset: number }>;

class RuleReader {
  readonly #at: (offset: number, message: string) => void;

  constructor(at: (offset: number, message: string) => void) {
    this.#at = at;
  }

  file(node: Node): RuleGroup[] {
    const fields = this.#fields(node, ['groups'], 'a rule file');
    const groups: RuleGroup[] = [];
    const names = new Set<string>();
    for (const item of this.#list(fields.get('groups'))) {
      const group = this.#group(item);
      if (names.has(group.name))
        this.#at(offsetOf(item), `groupname: ${JSON.stringify(group.name)} is repeated in the same file`);
      names.add(group.name);
      groups.push(group);
    }
    return groups;
  }

  #group(node: Node): RuleGroup {
    const fields = this.#fields(
      node,
      ['name', 'interval', 'limit', 'query_offset', 'labels', 'rules'],
      'a rule group',
    );
    const name = this.#text(fields, 'name') ?? '';
    if (name === '') this.#at(offsetOf(node), 'Groupname must not be empty');
    const offset = fields.get('query_offset');
    if (offset !== undefined) this.#at(offset.offset, 'query_offset is not supported');
    const limit = Number(this.#text(fields, 'limit') ?? '0');
    if (!Number.isInteger(limit)) this.#at(fields.get('limit')!.offset, 'limit must be a whole number');
    const shared = this.#strings(fields, 'labels');
    const rules: Rule[] = [];
    for (const item of this.#list(fields.get('rules'))) {
      const rule = this.#rule(item);
      if (rule !== undefined) rules.push({ ...rule, labels: { ...shared, ...rule.labels } });
    }
    return { name, intervalMs: this.#duration(fields, 'interval') || undefined, limit, rules };
  }

  #rule(node: Node): Rule | undefined {
    const fields = this.#fields(
      node,
      ['record', 'alert', 'expr', 'for', 'keep_firing_for', 'labels', 'annotations'],
      'a rule',
    );
    const alert = this.#text(fields, 'alert') ?? '';
    const record = this.#text(fields, 'record') ?? '';
    const start = offsetOf(node);
    if (alert !== '' && record !== '') this.#at(start, "only one of 'record' and 'alert' must be set");
    if (alert === '' && record === '') this.#at(start, "one of 'record' or 'alert' must be set");
    const isRecord = record !== '';
    const expr = this.#text(fields, 'expr') ?? '';
    if (expr === '') this.#at(start, "field 'expr' must be set in rule");
    else this.#expression(expr, fields.get('expr')!.offset);
    const forMs = this.#duration(fields, 'for');
    const keepFiringForMs = this.#duration(fields, 'keep_firing_for');
    const labels = this.#strings(fields, 'labels');
    const annotations = this.#strings(fields, 'annotations');
    if (isRecord) {
      if (Object.keys(annotations).length > 0)
        this.#at(fields.get('annotations')!.offset, "invalid field 'annotations' in recording rule");
      if (forMs !== 0) this.#at(fields.get('for')!.offset, "invalid field 'for' in recording rule");
      if (keepFiringForMs !== 0)
        this.#at(fields.get('keep_firing_for')!.offset, "invalid field 'keep_firing_for' in recording rule");
      if (!/^[a-zA-Z_:][a-zA-Z0-9_:]*$/.test(record))
        this.#at(fields.get('record')!.offset, `invalid recording rule name: ${record}`);
    }
    for (const label of Object.keys(labels))
      if (!isLabelName(label) || label === '__name__')
        this.#at(fields.get('labels')!.offset, `invalid label name: ${label}`);
    for (const name of Object.keys(annotations))
      if (!isLabelName(name)) this.#at(fields.get('annotations')!.offset, `invalid annotation name: ${name}`);
    if (!isRecord) {
      for (const [field, values] of [
        ['labels', labels],
        ['annotations', annotations],
      ] as const)
        for (const [name, value] of Object.entries(values))
          this.#template(alert, field, name, value, fields.get(field)!.offset);
    }
    return {
      kind: isRecord ? 'record' : 'alert',
      name: isRecord ? record : alert,
      expr,
      forMs,
      keepFiringForMs,
      labels,
      annotations,
    };
  }

  #expression(expr: string, offset: number): void {
    try {
      const type = typeOf(parseExpr(expr));
      if (type !== 'vector' && type !== 'scalar')
        this.#at(offset, `rule result is not a vector or scalar but a ${type}`);
    } catch (error) {
      if (!PromqlError.isInstance(error)) throw error;
      this.#at(offset, `could not parse expression: ${error.message}`);
    }
  }

  #template(alert: string, field: string, name: string, value: string, offset: number): void {
    try {
      // run once without data, so that what can only fail is found before an alert needs it
      parseTemplate(value)({ labels: {}, value: 0, query: () => [] });
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      // what depends on the data at hand is not a mistake of the file
      if (/^(?:can't convert|first\(\) called|expected )/.test(message)) return;
      this.#at(offset, `${field.slice(0, -1)} ${JSON.stringify(name)} of ${alert}: template: ${message}`);
    }
  }

  #fields(node: Node, known: readonly string[], what: string): Fields {
    const fields = new Map<string, { node: Node | null; offset: number }>();
    if (!isMap(node)) {
      this.#at(offsetOf(node), `${what} must be a mapping`);
      return fields;
    }
    for (const pair of (node as YAMLMap<Node, Node | null>).items) {
      const name = isScalar(pair.key) ? String(pair.key.value) : '';
      if (!known.includes(name)) this.#at(offsetOf(pair.key), `field ${name} not found in ${what}`);
      else fields.set(name, { node: pair.value, offset: offsetOf(pair.value ?? pair.key) });
    }
    return fields;
  }

  #list(field: { node: Node | null; offset: number } | undefined): Node[] {
    if (field === undefined || field.node === null || isEmptyScalar(field.node)) return [];
    if (isSeq(field.node)) return field.node.items as Node[];
    this.#at(field.offset, 'expected a list');
    return [];
  }

  #text(fields: Fields, name: string): string | undefined {
    const field = fields.get(name);
    if (field === undefined || field.node === null) return undefined;
    if (!isScalar(field.node)) {
      this.#at(field.offset, `${name} must be text`);
      return undefined;
    }
    return scalarText(field.node);
  }

  #duration(fields: Fields, name: string): number {
    const text = this.#text(fields, name);
    if (text === undefined || text === '' || text === '0') return 0;
    const value = /[a-z]$/.test(text) ? parseDurationMs(text) : undefined;
    if (value === undefined)
      this.#at(fields.get(name)!.offset, `not a valid duration string: ${JSON.stringify(text)}`);
    return value ?? 0;
  }

  #strings(fields: Fields, name: string): Record<string, string> {
    const field = fields.get(name);
    const out: Record<string, string> = {};
    if (field === undefined || field.node === null || isEmptyScalar(field.node)) return out;
    if (!isMap(field.node)) {
      this.#at(field.offset, `${name} must be a mapping`);
      return out;
    }
    for (const pair of (field.node as YAMLMap<Node, Node | null>).items) {
      const key = isScalar(pair.key) ? String(pair.key.value) : '';
      if (pair.value === null || isScalar(pair.value))
        out[key] =
          pair.value === null ? '' : scalarText(pair.value as Node & { value: unknown; source?: string });
      else this.#at(offsetOf(pair.value), `${name}.${key} must be text`);
    }
    return out;
  }
}

/** A scalar as text as it was written: `1.50` stays `1.50`. */
function scalarText(node: { readonly value: unknown; readonly source?: string | undefined }): string {
  if (typeof node.value === 'string') return node.value;
  return node.source ?? String(node.value ?? '');
}

function offsetOf(node: Node | null): number {
  return node?.range?.[0] ?? 0;
}
