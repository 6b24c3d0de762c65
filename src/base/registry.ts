import { UserError } from './errors.ts';
import { nearest } from './nearest.ts';
import { byCodeUnit } from './order.ts';

/** Named plug-ins of one kind. An unknown name is answered with the known ones and the nearest. */
export class Registry<T> {
  readonly #kind: string;
  readonly #items = new Map<string, T>();
  constructor(kind: string, items: Record<string, T> = {}) {
    this.#kind = kind;
    for (const [name, item] of Object.entries(items)) this.register(name, item);
  }
  register(name: string, item: T): void {
    if (this.#items.has(name)) throw new Error(`${this.#kind} "${name}" is registered twice`);
    this.#items.set(name, item);
  }
  has(name: string): boolean {
    return this.#items.has(name);
  }
  get(name: string): T {
    const item = this.#items.get(name);
    if (item !== undefined) return item;
    const near = nearest(name, this.#items.keys());
    throw new UserError('unknown-name', `unknown ${this.#kind} "${name}"`, {
      hint: `${near ? `did you mean "${near}"? ` : ''}known: ${this.names().join(', ')}`,
    });
  }
  names(): string[] {
    return [...this.#items.keys()].sort(byCodeUnit);
  }
  entries(): [string, T][] {
    return this.names().map((name) => [name, this.#items.get(name) as T]);
  }
}
