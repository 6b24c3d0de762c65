import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sha256 } from '../../base/hash.ts';
import { inParallel } from '../../base/in-parallel.ts';
import { canonicalJson } from '../../base/json.ts';
import { byCodeUnit } from '../../base/order.ts';
import { packageRoot } from '../../spec/workspace.ts';
import { type Bundled, bundleProgram } from './bundle-programs.ts';
import { imageIds, imageLabels } from './docker.ts';
import type { KindSettings } from './kind-settings.ts';
import { obtainImage } from './obtain-image.ts';
import { runCommand } from './run-command.ts';
import type { WantedImage } from './wanted-images.ts';

/** The label that says what an image was made of; a usual one, as build systems write it. */
const revisionLabel = 'org.opencontainers.image.revision';

export interface BuildImagesOptions {
  readonly images: readonly WantedImage[];
  readonly settings: KindSettings;
  readonly onStep: (text: string) => void;
  readonly signal?: AbortSignal;
}

/** What `docker build` is given for one image. */
interface Recipe {
  readonly ref: string;
  readonly target?: string;
  readonly buildArguments: Readonly<Record<string, string>>;
  /** Files that the image is made of, by name. */
  readonly files: Readonly<Record<string, string>>;
  /** Digest of everything that goes in. */
  readonly revision: string;
}

/** Makes images and answers their ids by name. What is there with the same content is kept: a second time takes a second. */
export async function buildImages(options: BuildImagesOptions): Promise<ReadonlyMap<string, string>> {
  const { images: wanted, onStep, signal } = options;
  const { recipes, retagged } = await recipesOf(wanted, options);
  for (const [ref, source] of retagged)
    await runCommand('docker', ['tag', source, ref], signal ? { signal } : {});
  const known = await imageLabels(
    recipes.map(({ ref }) => ref),
    revisionLabel,
  );
  const stale = recipes.filter(({ ref, revision }) => known.get(ref) !== revision);
  if (stale.length > 0) {
    onStep(`building ${stale.length} images`);
    await buildAll(stale, signal);
  }
  const ids = await imageIds(wanted.map(({ ref }) => ref));
  onStep(`${ids.size} images are ready`);
  return ids;
}

async function recipesOf(
  wanted: readonly WantedImage[],
  { settings, onStep, signal }: BuildImagesOptions,
): Promise<{ readonly recipes: readonly Recipe[]; readonly retagged: ReadonlyMap<string, string> }> {
  const obtained = new Map<string, Promise<string>>();
  const obtain = (kind: string, name: string, offline: string) => {
    const source =
      obtained.get(kind) ??
      obtainImage(name, {
        mirrors: settings.registryMirrors,
        offline,
        variable: `CULPRIT_${kind.toUpperCase()}_IMAGE`,
        onStep,
        ...(signal ? { signal } : {}),
      });
    obtained.set(kind, source);
    return source;
  };
  const programFiles = await filesOf(join(packageRoot, 'images'));
  const storeFiles = await filesOf(join(packageRoot, 'images', 'store'));
  const bundles = new Map<Bundled, Promise<string>>();
  const bundle = (name: Bundled) => {
    const text = bundles.get(name) ?? bundleProgram(name);
    bundles.set(name, text);
    return text;
  };
  const recipes: Recipe[] = [];
  const retagged = new Map<string, string>();
  for (const image of wanted) {
    const { ref } = image;
    switch (image.from) {
      case 'base':
        retagged.set(ref, await obtain('base', settings.baseImage, 'offline/node:24'));
        break;
      case 'prometheus':
        retagged.set(ref, await obtain('prometheus', settings.prometheusImage, 'offline/prometheus'));
        break;
      case 'store': {
        const { store } = image;
        const source = await obtain(store, settings.storeImages[store], `offline/${store}`);
        recipes.push(await recipe(ref, undefined, { STORE_IMAGE: source }, storeFiles));
        break;
      }
      case 'recorder':
      case 'program': {
        const base = await obtain('base', settings.baseImage, 'offline/node:24');
        recipes.push(
          await recipe(
            ref,
            image.from,
            { BASE_IMAGE: base },
            {
              ...programFiles,
              [`${image.from}.mjs`]: await bundle(image.from),
              ...(image.from === 'program'
                ? { 'program.json': canonicalJson({ program: image.program, release: image.release }) }
                : {}),
            },
          ),
        );
        break;
      }
    }
  }
  return { recipes, retagged };
}

async function recipe(
  ref: string,
  target: string | undefined,
  buildArguments: Readonly<Record<string, string>>,
  files: Readonly<Record<string, string>>,
): Promise<Recipe> {
  const from = Object.values(buildArguments);
  const sources = [...(await imageIds(from)).values()];
  const revision = sha256(canonicalJson({ target: target ?? '', sources, files })).slice('sha256:'.length);
  return { ref, ...(target === undefined ? {} : { target }), buildArguments, files, revision };
}

async function filesOf(folder: string): Promise<Record<string, string>> {
  const entries = await readdir(folder, { withFileTypes: true });
  const names = entries.filter((entry) => entry.isFile()).map(({ name }) => name);
  return Object.fromEntries(
    await Promise.all(
      names.sort(byCodeUnit).map(async (name) => [name, await readFile(join(folder, name), 'utf8')] as const),
    ),
  );
}

/** One of each target first, so that the others find its layers; then two at a time. */
async function buildAll(recipes: readonly Recipe[], signal: AbortSignal | undefined): Promise<void> {
  const work = await mkdtemp(join(tmpdir(), 'images-'));
  const env = await builder();
  const build = async ({ ref, target, buildArguments, files, revision }: Recipe) => {
    const context = join(work, ref.replaceAll(/[^a-z0-9.-]/gi, '-'));
    await mkdir(context);
    // the classic builder runs the other stages too
    for (const [name, content] of Object.entries({ ...otherStages, ...files }))
      await writeFile(join(context, name), content);
    await runCommand(
      'docker',
      [
        'build',
        '--quiet',
        ...(target === undefined ? [] : ['--target', target]),
        ...Object.entries(buildArguments).flatMap(([name, value]) => ['--build-arg', `${name}=${value}`]),
        '--label',
        `${revisionLabel}=${revision}`,
        '--tag',
        ref,
        context,
      ],
      { timeoutMs: 300_000, env, ...(signal ? { signal } : {}) },
    );
    await rm(context, { recursive: true });
  };
  try {
    const kindOf = ({ target, buildArguments }: Recipe) => `${target} ${canonicalJson(buildArguments)}`;
    const first = recipes.filter(
      (one, i) => recipes.findIndex((other) => kindOf(other) === kindOf(one)) === i,
    );
    for (const one of first) await build(one);
    await inParallel(
      recipes.filter((one) => !first.includes(one)),
      2,
      build,
    );
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

const otherStages = { 'program.mjs': '', 'program.json': '{}', 'recorder.mjs': '' };

/** The classic builder where buildx is not installed. */
async function builder(): Promise<Record<string, string>> {
  return runCommand('docker', ['buildx', 'version']).then(
    () => ({}),
    () => ({ DOCKER_BUILDKIT: '0' }),
  );
}
