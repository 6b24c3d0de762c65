import { cpSync, readdirSync, readFileSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse, stringify } from 'yaml';
import { canonicalJson } from '../../../src/base/json.ts';
import { byText } from '../../../src/base/order.ts';
import type { GroundTruth } from '../../../src/spec/bundle.ts';
import type { KubeObject } from '../../../src/spec/kube-types.ts';
import type { Operation } from '../../../src/spec/plan.ts';

const fixedTime = new Date('2000-01-01T00:00:00Z');

/** A copy of a bundle that something can be planted in; the files keep their times and their form. */
export class Planted {
  readonly path: string;

  constructor(bundle: string, folder: string) {
    this.path = join(folder, bundle.split('/').at(-1) ?? '');
    cpSync(bundle, this.path, { recursive: true, preserveTimestamps: true });
  }

  read(file: string): string {
    return readFileSync(join(this.path, file), 'utf8');
  }

  write(file: string, text: string): void {
    writeFileSync(join(this.path, file), text);
    utimesSync(join(this.path, file), fixedTime, fixedTime);
  }

  edit(file: string, change: (text: string) => string): void {
    this.write(file, change(this.read(file)));
  }

  /** Edits the lines of a JSON Lines file; objects are sorted again. */
  lines<T = Record<string, unknown>>(file: string, change: (lines: T[]) => T[] | undefined): void {
    const lines = this.read(file)
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as T);
    const changed = change(lines) ?? lines;
    this.write(file, changed.map((line) => `${canonicalJson(line)}\n`).join(''));
  }

  objects(change: (objects: KubeObject[]) => KubeObject[] | undefined): void {
    this.lines<KubeObject>('public/objects.jsonl', (objects) =>
      (change(objects) ?? objects).sort(
        byText(
          ({ metadata }) => metadata.namespace ?? '',
          ({ kind }) => kind,
          ({ metadata }) => metadata.name,
        ),
      ),
    );
  }

  object(kind: string, name: string, change: (object: KubeObject) => void): void {
    this.objects((objects) => {
      for (const object of objects) if (object.kind === kind && object.metadata.name === name) change(object);
      return objects;
    });
  }

  truth(change: (truth: GroundTruth) => void): void {
    this.edit('private/ground-truth.yaml', (text) => {
      const truth = parse(text) as GroundTruth;
      change(truth);
      return stringify(truth);
    });
  }

  plan(): { readonly operations: Operation[] } {
    return parse(this.read('private/plan.yaml')) as { operations: Operation[] };
  }

  /** Adds a cause operation to the plan. */
  cause(action: Operation['action']): void {
    this.edit('private/plan.yaml', (text) => {
      const plan = parse(text) as { operations: Operation[] };
      const origin = { type: 'fault', id: 'planted' } as const;
      plan.operations.push({ id: 'planted/1', origin, role: 'cause', atMs: 0, summary: 'x', action });
      return stringify(plan);
    });
  }

  logFiles(): readonly string[] {
    return readdirSync(join(this.path, 'public/logs'), { recursive: true, encoding: 'utf8' })
      .map((name) => `public/logs/${name}`)
      .filter((name) => statSync(join(this.path, name)).isFile());
  }
}
