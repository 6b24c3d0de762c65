/**
 * `npm run test:kind`: the tests that need real clusters. Says what is missing and exits 3 where it cannot run; where it
 * can, it makes one cluster, runs test/kind/ against it and deletes it, also after a failure or Ctrl-C.
 */
import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { imageName } from '../src/harness/sandbox/docker/image.ts';

const root = join(import.meta.dirname, '..');
const name = `culprit-test-${process.pid}`;
/** An image that is already there is taken (offline machines); else kind's own default is pulled. */
const offlineImage = 'kindest/node:v1.20.2';

const missing = [
  ['docker', ['info'], 'a running Docker engine'],
  ['kind', ['version'], 'the kind command'],
].filter(
  ([command, args]) => spawnSync(command as string, args as string[], { stdio: 'ignore' }).status !== 0,
);
if (missing.length > 0) {
  process.stderr.write(
    `test:kind cannot run here: ${missing.map(([, , what]) => what).join(' and ')} is missing.\nInstall them (https://kind.sigs.k8s.io), or on a machine without image registries run ../shared/tools/kind-offline/build.sh\n`,
  );
  process.exit(3);
}

const work = mkdtempSync(join(tmpdir(), 'culprit-kind-'));
const kubeconfig = join(work, 'kubeconfig');
let stopped = false;
function cleanUp(): void {
  if (stopped) return;
  stopped = true;
  spawnSync('kind', ['delete', 'cluster', '--name', name, '--kubeconfig', kubeconfig], { stdio: 'ignore' });
  rmSync(work, { recursive: true, force: true });
}
for (const signal of ['SIGINT', 'SIGTERM'] as const)
  process.on(signal, () => {
    cleanUp();
    process.exit(130);
  });

const image =
  process.env['CULPRIT_KIND_IMAGE'] ??
  (spawnSync('docker', ['image', 'inspect', offlineImage], { stdio: 'ignore' }).status === 0
    ? offlineImage
    : undefined);
buildSandboxImage();
process.stderr.write(`test:kind: creating cluster ${name}${image ? ` from ${image}` : ''}\n`);
const created = spawnSync(
  'kind',
  [
    'create',
    'cluster',
    '--name',
    name,
    '--kubeconfig',
    kubeconfig,
    '--wait',
    '120s',
    ...(image ? ['--image', image] : []),
  ],
  { stdio: ['ignore', 'inherit', 'inherit'] },
);
if (created.status !== 0) {
  cleanUp();
  process.exit(1);
}
const vitest = spawn(
  process.execPath,
  [join(root, 'node_modules/vitest/vitest.mjs'), 'run', '--config', 'vitest.kind.config.ts'],
  {
    cwd: root,
    stdio: 'inherit',
    env: { ...process.env, CULPRIT_TEST_KUBECONFIG: kubeconfig, CULPRIT_TEST_CLUSTER: name },
  },
);
vitest.on('exit', (code) => {
  cleanUp();
  process.exit(code ?? 1);
});

/** The image that the docker sandbox runs commands in, so that its conformance suite does not skip itself. */
function buildSandboxImage(): void {
  const image = imageName();
  const there = (name: string) =>
    spawnSync('docker', ['image', 'inspect', name], { stdio: 'ignore' }).status === 0;
  if (there(image)) return;
  process.stderr.write(`test:kind: building ${image}\n`);
  const offlineBase = 'offline/debian:bookworm-slim';
  const base = there(offlineBase) ? ['--network', 'host', '--build-arg', `BASE_IMAGE=${offlineBase}`] : [];
  const built = spawnSync('docker', ['build', ...base, '--tag', image, join(root, 'sandbox')], {
    stdio: ['ignore', 'ignore', 'inherit'],
    env: { ...process.env, DOCKER_BUILDKIT: base.length > 0 ? '0' : '1' },
  });
  if (built.status !== 0) process.exit(1);
}
