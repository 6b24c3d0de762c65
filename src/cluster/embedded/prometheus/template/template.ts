/**
 * The part of Go's text/template that rule files use: text, pipelines, `if`/`else`, `with`, `range`, variables,
 * comments, trim markers. Anything else is refused when the template is parsed, not when it is first needed.
 */
import { parseNumber, unquote } from '../promql/literals.ts';
import { type TemplateQuery, templateFunctions, truth } from './functions.ts';
import { display } from './go-format.ts';

export interface TemplateData {
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
  readonly query: TemplateQuery;
}

/** A parsed template; throws Error when evaluation fails. */
export type Template = (data: TemplateData) => string;

type Expression = (scope: Scope) => unknown;
type Node = (scope: Scope) => string;

interface Scope {
  readonly dot: unknown;
  readonly variables: Map<string, unknown>;
  readonly query: TemplateQuery;
}

/** Parses a template; throws Error with what is wrong. */
export function parseTemplate(source: string): Template {
  if (!source.includes('{{')) return () => source;
  const parser = new TemplateParser(tokenise(source));
  const nodes = parser.nodes([]);
  return (data) => {
    const root = { Labels: data.labels, Value: data.value, ExternalLabels: {}, ExternalURL: '' };
    const variables = new Map<string, unknown>([
      ['$', root],
      ['$labels', data.labels],
      ['$value', data.value],
      ['$externalLabels', {}],
      ['$externalURL', ''],
    ]);
    return run(nodes.body, { dot: root, variables, query: data.query });
  };
}

function run(nodes: readonly Node[], scope: Scope): string {
  let out = '';
  for (const node of nodes) out += node(scope);
  return out;
}

type Token = { readonly text: string } | { readonly action: string };

function tokenise(source: string): Token[] {
  const tokens: Token[] = [];
  let position = 0;
  let trimNext = false;
  while (position < source.length) {
    const open = source.indexOf('{{', position);
    let text = open < 0 ? source.slice(position) : source.slice(position, open);
    if (trimNext) text = text.trimStart();
    trimNext = false;
    if (open < 0) {
      tokens.push({ text });
      break;
    }
    let start = open + 2;
    if (/^-\s/.test(source.slice(start, start + 2))) {
      text = text.trimEnd();
      start += 1;
    }
    tokens.push({ text });
    const close = endOfAction(source, start);
    let action = source.slice(start, close);
    if (/\s-$/.test(action)) {
      trimNext = true;
      action = action.slice(0, -1);
    }
    action = action.trim();
    if (!/^\/\*[\s\S]*\*\/$/.test(action)) tokens.push({ action });
    position = close + 2;
  }
  return tokens;
}

function endOfAction(source: string, start: number): number {
  for (let i = start; i < source.length; i++) {
    const char = source[i]!;
    if (source.startsWith('}}', i)) return i;
    if (char === '"' || char === '`') {
      i++;
      while (i < source.length && source[i] !== char) i += char === '"' && source[i] === '\\' ? 2 : 1;
      if (i >= source.length) throw new Error('unterminated quoted string');
    } else if (source.startsWith('/*', i)) {
      i = source.indexOf('*/', i) + 1;
      if (i === 0) throw new Error('unclosed comment');
    }
  }
  throw new Error('unclosed action');
}

class TemplateParser {
  readonly #tokens: readonly Token[];
  readonly #scopes: Set<string>[] = [new Set(['$', '$labels', '$value', '$externalLabels', '$externalURL'])];
  #position = 0;

  constructor(tokens: readonly Token[]) {
    this.#tokens = tokens;
  }

  /** Nodes up to one of the ending words, which is answered with what follows it. */
  nodes(endings: readonly string[]): { body: Node[]; ending: string; rest: string } {
    const body: Node[] = [];
    this.#scopes.push(new Set(this.#scopes.at(-1)));
    while (this.#position < this.#tokens.length) {
      const token = this.#tokens[this.#position++]!;
      if ('text' in token) {
        const { text } = token;
        if (text !== '') body.push(() => text);
        continue;
      }
      const [, word = '', rest = ''] = /^([a-z]*)\b\s*([\s\S]*)$/.exec(token.action) ?? [];
      if (word === 'end' || word === 'else') {
        if (!endings.includes(word)) throw new Error(`unexpected {{${word}}}`);
        this.#scopes.pop();
        return { body, ending: word, rest };
      }
      if (word === 'if' || word === 'with' || word === 'range') body.push(this.#block(word, rest));
      else if (['define', 'template', 'block', 'break', 'continue'].includes(word))
        throw new Error(`{{${word}}} is not supported`);
      else body.push(this.#output(token.action));
    }
    if (endings.length > 0) throw new Error('unexpected EOF');
    this.#scopes.pop();
    return { body, ending: '', rest: '' };
  }

  #block(word: 'if' | 'with' | 'range', pipeline: string): Node {
    const reader = new PipelineReader(pipeline, this.#scopes.at(-1)!);
    const declared = reader.declaration();
    const condition = reader.pipeline();
    reader.finish();
    this.#scopes.push(new Set([...this.#scopes.at(-1)!, ...declared]));
    const main = this.nodes(['end', 'else']);
    this.#scopes.pop();
    let otherwise: Node[] = [];
    if (main.ending === 'else') {
      const [, next = '', rest = ''] = /^([a-z]*)\b\s*([\s\S]*)$/.exec(main.rest) ?? [];
      if (next === 'if' || next === 'with') otherwise = [this.#block(next, rest)];
      else if (main.rest !== '') throw new Error(`unexpected ${JSON.stringify(main.rest)} in else`);
      else otherwise = this.nodes(['end']).body;
    }
    return (scope) => {
      const value = condition(scope);
      if (word === 'range') {
        const items = Array.isArray(value) ? value : [];
        if (items.length === 0) return run(otherwise, scope);
        return items.map((item, i) => run(main.body, inner(scope, item, declared, BigInt(i)))).join('');
      }
      if (!truth(value)) return run(otherwise, scope);
      return run(main.body, inner(scope, word === 'with' ? value : scope.dot, declared, value));
    };
  }

  #output(action: string): Node {
    const reader = new PipelineReader(action, this.#scopes.at(-1)!);
    const declared = reader.declaration();
    const expression = reader.pipeline();
    reader.finish();
    const name = declared[0];
    if (name === undefined) return (scope) => display(expression(scope));
    this.#scopes.at(-1)!.add(name);
    return (scope) => {
      scope.variables.set(name, expression(scope));
      return '';
    };
  }
}

function inner(scope: Scope, dot: unknown, declared: readonly string[], value: unknown): Scope {
  const variables = new Map(scope.variables);
  if (declared.length === 1) variables.set(declared[0]!, dot === scope.dot ? value : dot);
  if (declared.length === 2) {
    variables.set(declared[0]!, value);
    variables.set(declared[1]!, dot);
  }
  return { dot, variables, query: scope.query };
}

const wordPattern = /\s*(?:("(?:\\.|[^"\\])*"|`[^`]*`)|(:=|[|(),])|([^\s|(),"`]+))/y;

/** Reads one action: `[$x :=] command | command`. */
class PipelineReader {
  readonly #words: string[] = [];
  readonly #known: ReadonlySet<string>;
  #position = 0;

  constructor(source: string, known: ReadonlySet<string>) {
    this.#known = known;
    const text = source.trim();
    wordPattern.lastIndex = 0;
    while (wordPattern.lastIndex < text.length) {
      const match = wordPattern.exec(text);
      if (match === null) throw new Error(`unexpected ${JSON.stringify(text)}`);
      this.#words.push(match[1] ?? match[2] ?? match[3]!);
    }
  }

  declaration(): string[] {
    const at = this.#words.indexOf(':=');
    if (at < 0) return [];
    const names = this.#words.slice(0, at).filter((word) => word !== ',');
    if (names.length < 1 || names.length > 2 || names.some((name) => !/^\$\w+$/.test(name)))
      throw new Error('unexpected := in command');
    this.#position = at + 1;
    return names;
  }

  pipeline(): Expression {
    let expression = this.#command(undefined);
    while (this.#words[this.#position] === '|') {
      this.#position++;
      expression = this.#command(expression);
    }
    return expression;
  }

  finish(): void {
    const word = this.#words[this.#position];
    if (word !== undefined) throw new Error(`unexpected ${JSON.stringify(word)} in command`);
  }

  #command(piped: Expression | undefined): Expression {
    const word = this.#words[this.#position];
    if (word === undefined || word === '|' || word === ')') throw new Error('missing value for command');
    if (!/^[A-Za-z]\w*$/.test(word) || word === 'true' || word === 'false' || word === 'nil') {
      const value = this.#operand();
      if (piped !== undefined) throw new Error(`non executable command in pipeline: ${word}`);
      if (this.#startsOperand()) throw new Error(`can't give argument to non-function ${word}`);
      return value;
    }
    this.#position++;
    const wanted = templateFunctions.get(word);
    if (wanted === undefined) throw new Error(`function ${JSON.stringify(word)} not defined`);
    const args: Expression[] = [];
    while (this.#startsOperand()) args.push(this.#operand());
    if (piped !== undefined) args.push(piped);
    if (args.length < wanted.least || args.length > wanted.most) {
      const count = wanted.least === wanted.most ? `${wanted.least}` : `at least ${wanted.least}`;
      throw new Error(`wrong number of args for ${word}: want ${count} got ${args.length}`);
    }
    return (scope) =>
      wanted.run(
        args.map((arg) => arg(scope)),
        scope.query,
      );
  }

  #startsOperand(): boolean {
    const word = this.#words[this.#position];
    return word !== undefined && word !== '|' && word !== ')' && word !== ',' && word !== ':=';
  }

  #operand(): Expression {
    const word = this.#words[this.#position++]!;
    if (word === '(') {
      const value = this.pipeline();
      if (this.#words[this.#position++] !== ')') throw new Error('unclosed left paren');
      const after = this.#words[this.#position];
      if (after !== undefined && /^\.\w/.test(after)) {
        this.#position++;
        return fields(value, after);
      }
      return value;
    }
    if (word.startsWith('"') || word.startsWith('`')) {
      const value = unquote(word);
      if (value === undefined) throw new Error(`invalid string ${word}`);
      return () => value;
    }
    if (word === 'true' || word === 'false') return () => word === 'true';
    if (word.startsWith('$')) {
      const [name = ''] = word.split('.');
      if (!this.#known.has(name)) throw new Error(`undefined variable ${JSON.stringify(name)}`);
      return fields((scope) => scope.variables.get(name), word.slice(name.length));
    }
    if (word.startsWith('.')) return word === '.' ? (scope) => scope.dot : fields((scope) => scope.dot, word);
    const number = parseNumber(word.replace(/^-/, ''));
    if (number !== undefined && /^-?[\d.]/.test(word)) {
      const value = word.startsWith('-') ? -number : number;
      return /[.eE]/.test(word) ? () => value : () => BigInt(value);
    }
    if (templateFunctions.has(word)) {
      this.#position--;
      return this.#command(undefined);
    }
    throw new Error(
      /^[A-Za-z]\w*$/.test(word)
        ? `function ${JSON.stringify(word)} not defined`
        : `unexpected ${JSON.stringify(word)} in operand`,
    );
  }
}

/** `.a.b` after a value: keys of a map; a missing label is empty, as Prometheus sets `missingkey=zero`. */
function fields(value: Expression, path: string): Expression {
  const names = path.split('.').slice(1);
  if (path !== '' && (names.length === 0 || names.some((name) => !/^\w+$/.test(name))))
    throw new Error(`unexpected ${JSON.stringify(path)} in operand`);
  return (scope) => {
    let current = value(scope);
    for (const name of names) {
      if (typeof current !== 'object' || current === null)
        throw new Error(
          `can't evaluate field ${name} in type ${typeof current === 'number' ? 'float64' : typeof current}`,
        );
      const next: unknown = Object.hasOwn(current, name)
        ? (current as Record<string, unknown>)[name]
        : undefined;
      if (next === undefined && ('Labels' in current || 'Value' in current))
        throw new Error(`can't evaluate field ${name}`);
      current = next ?? '';
    }
    return current;
  };
}
