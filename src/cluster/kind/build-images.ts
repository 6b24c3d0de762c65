import { copyFile, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sha256 } from '../../base/hash.ts';
import { canonicalJson } from '../../base/json.ts';
import type { Application } from '../../spec/application.ts';
import { packageRoot } from '../../spec/workspace.ts';
import { type Bundled, bundleProgram } from './bundle-programs.ts';
import { imageIds, imageLabels } from './docker.ts';
import type { KindSettings } from './kind-settings.ts';
import { obtainImage } from './obtain-image.ts';
import { packageStore } from './package-store.ts';
import { runCommand } from './run-command.ts';
import { type WantedImage, wantedImages } from './wanted-images.ts';

/** The label that says what an image was made of; a usual one, as build systems write it. */
const revisionLabel = 'org.opencontainers.image.revision';

export interface BuildImagesOptions {
  readonly application: Application;
  readonly settings: KindSettings;
  readonly onStep: (text: string) => void;
  readonly signal?: AbortSignal;
}

/**
 * Makes every image that the application's pods name and answers their ids by name. What is there already with the same
 * content is kept: a second time takes a second.
 */
export async function buildImages(options: BuildImagesOptions): Promise<ReadonlyMap<string, string>> {
  const { application, settings, onStep, signal } = options;
  const wanted = wantedImages(application);
  const obtain = (name: string, offline: string, variable: string) =>
    obtainImage(name, {
      mirrors: settings.registryMirrors,
      offline,
      variable,
      onStep,
      ...(signal ? { signal } : {}),
    });
  const base = await obtain(settings.baseImage, 'offline/node:24', 'CULPRIT_BASE_IMAGE');

  const sources = new Map<string, Promise<string>>();
  const sourceOf = (image: Extract<WantedImage, { from: 'store' | 'prometheus' }>): Promise<string> => {
    const [name, kind] =
      image.from === 'prometheus'
        ? [settings.prometheusImage, 'prometheus']
        : [settings.storeImages[image.store], image.store];
    const source =
      sources.get(kind) ?? obtain(name, `offline/${kind}`, `CULPRIT_${kind.toUpperCase()}_IMAGE`);
    sources.set(kind, source);
    return source;
  };
  for (const image of wanted) {
    if (image.from !== 'store' && image.from !== 'prometheus') continue;
    const source = await sourceOf(image);
    const packaged = image.from === 'store' ? await packageStore(source, signal) : source;
    await runCommand('docker', ['tag', packaged, image.ref], signal ? { signal } : {});
  }

  await buildOurs(wanted, base, options);
  const ids = await imageIds(wanted.map(({ ref }) => ref));
  onStep(`${ids.size} images are ready`);
  return ids;
}

type OurImage = Extract<WantedImage, { from: 'program' | 'recorder' }>;

async function buildOurs(
  wanted: readonly WantedImage[],
  base: string,
  { onStep, signal }: BuildImagesOptions,
): Promise<void> {
  const dockerfile = join(packageRoot, 'images', 'Dockerfile');
  const baseId = (await imageIds([base])).get(base) ?? base;
  const common = sha256(`${baseId}\n${await readFile(dockerfile, 'utf8')}`);
  const bundles: Record<Bundled, string> = {
    program: await bundleProgram('program'),
    recorder: await bundleProgram('recorder'),
  };
  const description = (image: OurImage) =>
    image.from === 'program' ? canonicalJson({ program: image.program, release: image.release }) : '';
  const revision = (image: OurImage) =>
    sha256([common, bundles[image.from], description(image)].join('\n')).slice('sha256:'.length);

  const ours = wanted.filter((image): image is OurImage => image.from === 'program' || image.from === 'recorder');
  const known = await imageLabels(
    ours.map(({ ref }) => ref),
    revisionLabel,
  );
  const stale = ours.filter((image) => known.get(image.ref) !== revision(image));
  if (stale.length === 0) return;
  onStep(`building ${stale.length} images on ${base}`);
  const work = await mkdtemp(join(tmpdir(), 'images-'));
  try {
    await buildEach(stale, async (image) => {
      const context = join(work, image.ref.replaceAll(/[^a-z0-9.-]/gi, '-'));
      await mkdir(context);
      await copyFile(dockerfile, join(context, 'Dockerfile'));
      // The classic builder builds every stage before the target, so that the recorder's context needs all files too.
      await writeFile(join(context, 'program.mjs'), bundles.program);
      await writeFile(join(context, 'program.json'), description(image) || '{}');
      if (image.from === 'recorder') await writeFile(join(context, 'recorder.mjs'), bundles.recorder);
      await runCommand(
        'docker',
        [
          'build',
          '--quiet',
          '--target',
          image.from,
          '--build-arg',
          `BASE_IMAGE=${base}`,
          '--label',
          `${revisionLabel}=${revision(image)}`,
          '--tag',
          image.ref,
          context,
        ],
        { timeoutMs: 300_000, env: await builder(), ...(signal ? { signal } : {}) },
      );
      await rm(context, { recursive: true });
    });
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

/** The first alone, so that the others find its layers; then two at a time. */
async function buildEach<T>(items: readonly T[], build: (item: T) => Promise<void>): Promise<void> {
  const [first, ...rest] = items;
  if (first !== undefined) await build(first);
  await Promise.all(
    [0, 1].map(async () => {
      for (let item = rest.shift(); item !== undefined; item = rest.shift()) await build(item);
    }),
  );
}

/** The classic builder where buildx is not installed. */
let builderEnvironment: Promise<Record<string, string>> | undefined;
function builder(): Promise<Record<string, string>> {
  builderEnvironment ??= runCommand('docker', ['buildx', 'version']).then(
    () => ({}),
    () => ({ DOCKER_BUILDKIT: '0' }),
  );
  return builderEnvironment;
}
