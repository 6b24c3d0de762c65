import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** What the pretended programs know; a JSON file, so that every call sees it. */
interface Machine {
  /** Node containers by kind cluster. */
  clusters: Record<string, { id: string; name: string; created: string; running: boolean }[]>;
  images: string[];
  daemon: boolean;
  /** `kind create` fails after it made its containers. */
  createFails?: string;
}

/** `docker` and `kind` as far as the making of clusters needs them, first in PATH while it lives. */
export class FakeDocker implements Disposable {
  readonly folder = mkdtempSync(join(tmpdir(), 'fake-docker-'));
  readonly #path = process.env['PATH'];
  readonly #home = process.env['HOME'];

  constructor(machine: Partial<Machine> = {}) {
    const bin = join(this.folder, 'bin');
    mkdirSync(bin);
    writeFileSync(join(this.folder, 'calls.jsonl'), '');
    this.machine = { clusters: {}, images: [], daemon: true, ...machine };
    for (const name of ['docker', 'kind']) {
      writeFileSync(
        join(bin, name),
        `#!${process.execPath}\nrequire(${JSON.stringify(join(import.meta.dirname, 'fake-docker-commands.cjs'))}).run(${JSON.stringify(name)}, ${JSON.stringify(this.folder)});\n`,
      );
      chmodSync(join(bin, name), 0o755);
    }
    process.env['PATH'] = `${bin}:${this.#path}`;
    process.env['HOME'] = this.folder;
  }

  get machine(): Machine {
    return JSON.parse(readFileSync(join(this.folder, 'machine.json'), 'utf8')) as Machine;
  }

  set machine(machine: Machine) {
    writeFileSync(join(this.folder, 'machine.json'), JSON.stringify(machine));
  }

  /** Command lines that changed something or could have: reads are left out. */
  get changes(): readonly string[] {
    return readFileSync(join(this.folder, 'calls.jsonl'), 'utf8')
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => (JSON.parse(line) as string[]).join(' '))
      .filter((line) => !/^docker (version|ps|inspect|image inspect|port)\b|^kind version/.test(line));
  }

  /** Takes a program away from PATH. */
  remove(name: 'docker' | 'kind'): void {
    rmSync(join(this.folder, 'bin', name));
    process.env['PATH'] = join(this.folder, 'bin');
  }

  exists(path: string): boolean {
    return existsSync(join(this.folder, path));
  }

  [Symbol.dispose](): void {
    process.env['PATH'] = this.#path;
    process.env['HOME'] = this.#home;
    rmSync(this.folder, { recursive: true, force: true });
  }
}
