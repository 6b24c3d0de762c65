import { key as fold, unit } from '../../../base/random.ts';
import type { ContainerRuntime } from '../contracts.ts';
import type { Simulation } from '../simulation.ts';

export interface PulledImage {
  /** Full reference, as containerd reports it: `docker.io/library/nginx:1.27`. */
  readonly name: string;
  /** `docker.io/library/nginx@sha256:…`. */
  readonly id: string;
  readonly sizeBytes: number;
}

export type PullResult =
  | { readonly ok: true; readonly image: PulledImage; readonly tookMs: number; readonly waitedMs: number }
  | { readonly ok: false; readonly message: string };

/** A short image reference in full: registry, `library/` and `:latest` are added. */
export function fullReference(image: string): string {
  const slash = image.indexOf('/');
  const first = slash < 0 ? '' : image.slice(0, slash);
  const hasHost = first.includes('.') || first.includes(':') || first === 'localhost';
  const path = hasHost ? image : slash < 0 ? `docker.io/library/${image}` : `docker.io/${image}`;
  const name = path.slice(path.lastIndexOf('/') + 1);
  return name.includes(':') || name.includes('@') ? path : `${path}:latest`;
}

/** Reference without tag and digest. */
function repositoryOf(reference: string): string {
  const at = reference.indexOf('@');
  const rest = at < 0 ? reference : reference.slice(0, at);
  const colon = rest.lastIndexOf(':');
  return colon > rest.lastIndexOf('/') ? rest.slice(0, colon) : rest;
}

/** The images on one node. Pulls are done one after another, as a kubelet does by default. */
export class ImageStore {
  readonly #simulation: Simulation;
  readonly #seed: number;
  readonly #node: string;
  readonly #runtime: ContainerRuntime;
  readonly #present = new Map<string, PulledImage>();
  readonly #pulls = new Map<string, number>();
  #freeAtMs = 0;
  /** While a world with a past is built, images are there almost at once. */
  isQuick = false;

  constructor(simulation: Simulation, seed: number, node: string, runtime: ContainerRuntime) {
    this.#simulation = simulation;
    this.#seed = seed;
    this.#node = node;
    this.#runtime = runtime;
  }

  /** The image if it is on the node. */
  get(image: string): PulledImage | undefined {
    return this.#present.get(fullReference(image));
  }

  /** Images on the node, sorted by name. */
  list(): readonly PulledImage[] {
    return [...this.#present.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  /** Asks the registry and downloads what is missing; answers later, in virtual time. */
  pull(image: string, done: (result: PullResult) => void): void {
    const name = fullReference(image);
    const nth = this.#pulls.get(name) ?? 0;
    this.#pulls.set(name, nth + 1);
    const answer = this.#runtime.pull(image);
    const draw = unit(fold(this.#seed, 'pull', this.#node, name, nth));
    const resolveMs = 350 + 900 * draw;
    const isHere = this.#present.has(name);
    // 25 to 65 MB a second, unpacking included
    const loadMs =
      answer.ok && !isHere
        ? answer.sizeBytes / (25_000 + 40_000 * unit(fold(this.#seed, 'link', this.#node, name)))
        : 0;
    const ownMs = this.isQuick ? 20 + 30 * draw : resolveMs + loadMs;
    const startMs = Math.max(this.#simulation.nowMs, this.#freeAtMs);
    const waitedMs = startMs - this.#simulation.nowMs;
    this.#freeAtMs = startMs + ownMs;
    this.#simulation.at(startMs + ownMs, () => {
      if (!answer.ok) return done({ ok: false, message: pullError(name, answer.message) });
      const pulled = { name, id: `${repositoryOf(name)}@${answer.digest}`, sizeBytes: answer.sizeBytes };
      this.#present.set(name, pulled);
      done({ ok: true, image: pulled, tookMs: ownMs, waitedMs });
    });
  }
}

/** containerd's words for an image that the registry does not have. */
function pullError(name: string, message: string): string {
  if (message.startsWith('rpc error')) return message;
  const detail = message === '' ? `failed to resolve reference "${name}": ${name}: not found` : message;
  return `rpc error: code = NotFound desc = failed to pull and unpack image "${name}": ${detail}`;
}
