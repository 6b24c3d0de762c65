/**
 * `npm run test:kind`: what needs a real cluster. Makes one cluster with the whole application on it, runs the tests that
 * are known to pass there, and takes it down again, also after a failure or Ctrl-C. Says what each phase took. Exit 3
 * where something is missing that it needs. Arguments choose phases (`npm run test:kind -- tests more scenarios verify lint`):
 * `more` has the cluster's conformance, kills and stores, `scenarios` builds what was proved on kind, `each` every one of
 * the eight mechanisms alone, `verify` and `lint` look at the bundles.
 */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse, stringify } from 'yaml';
import { imageName } from '../src/harness/sandbox/docker/image.ts';

const root = join(import.meta.dirname, '..');
const work = mkdtempSync(join(tmpdir(), 'culprit-kind-'));
const name = `kind-test-${process.pid}`;
const profile = join(work, 'clusters', `${name}.yaml`);
const bundles = join(work, 'bundles');
// state of its own: a cluster that somebody keeps running is not seen, and not touched
const env = { ...process.env, XDG_STATE_HOME: join(work, 'state') };
const kubeconfig = join(work, 'state', 'culprit', 'clusters', `${name}.kubeconfig`);

interface Phase {
  readonly name: string;
  readonly run: () => Promise<number>;
}

const phases: readonly Phase[] = [
  { name: 'image', run: sandboxImage },
  { name: 'up', run: () => culprit('cluster', 'up', '--profile', profile) },
  { name: 'tests', run: () => tests(proved) },
  { name: 'more', run: () => tests(young) },
  { name: 'scenarios', run: () => build('together') },
  { name: 'each', run: () => build('suite') },
  { name: 'verify', run: () => culprit('snapshot', 'verify', bundles) },
  { name: 'lint', run: () => culprit('snapshot', 'lint', bundles) },
];
const needed = new Set(['up']);
/** Test files that ran green in a whole run of this script, and those that have yet to. */
const proved = ['test/kind/kube-client', 'test/kind/live-capture', 'test/kind/memory-limit', 'test/harness'];
const young = ['test/kind/cluster', 'test/kind/kills', 'test/kind/stores'];
/** What has not run green as a whole, or takes the better part of an hour (`each`). */
const onRequest = new Set(['more', 'scenarios', 'each', 'verify', 'lint']);

let running: ChildProcess | undefined;
let interrupted = false;
for (const signal of ['SIGINT', 'SIGTERM'] as const)
  process.on(signal, () => {
    if (interrupted) return;
    interrupted = true;
    say('interrupted: taking the cluster down');
    running?.kill('SIGTERM');
  });

process.exitCode = await main();

async function main(): Promise<number> {
  const missing = missingTools();
  if (missing.length > 0) {
    say(
      `cannot run here: ${missing.join(' and ')} is missing.\nInstall them (https://kind.sigs.k8s.io), or on a machine without image registries run ../shared/tools/kind-offline/build.sh`,
    );
    return 3;
  }
  writeProfile();
  const wanted = process.argv.slice(2);
  const results: { name: string; code: number | undefined; seconds: number }[] = [];
  let broken = false;
  try {
    for (const phase of phases) {
      if (interrupted) break;
      const isWanted = wanted.length > 0 ? wanted.includes(phase.name) : !onRequest.has(phase.name);
      if (!isWanted && !needed.has(phase.name)) continue;
      if (broken) {
        results.push({ name: phase.name, code: undefined, seconds: 0 });
        continue;
      }
      say(`${phase.name} …`);
      const started = performance.now();
      const code = await phase.run();
      results.push({ name: phase.name, code, seconds: (performance.now() - started) / 1000 });
      if (code !== 0 && needed.has(phase.name)) broken = true;
    }
  } finally {
    await cleanUp();
  }
  for (const { name, code, seconds } of results)
    say(
      `${name.padEnd(10)} ${code === undefined ? 'not run: there is no cluster' : code === 0 ? 'ok' : `FAILED (exit ${code})`}  ${seconds.toFixed(0)} s`,
    );
  if (interrupted) return 130;
  return results.every(({ code }) => code === 0) ? 0 : 1;
}

function say(text: string): void {
  process.stderr.write(`test:kind: ${text}\n`);
}

function missingTools(): readonly string[] {
  return (
    [
      ['docker', ['info'], 'a running Docker engine'],
      ['kind', ['version'], 'the kind command'],
    ] as const
  ).flatMap(([command, args, what]) =>
    spawnSync(command, args, { stdio: 'ignore' }).status === 0 ? [] : [what],
  );
}

/** The test profile under a name of this run, so that two runs and a developer's cluster never meet. */
function writeProfile(): void {
  const text = readFileSync(join(root, 'clusters/kind-test.yaml'), 'utf8');
  const settings = parse(text) as { name: string; kindCluster: { clusterName?: string } };
  settings.name = name;
  settings.kindCluster.clusterName = `shop-test-${process.pid}`;
  mkdirSync(join(work, 'clusters'), { recursive: true });
  writeFileSync(profile, stringify(settings));
}

function build(suite: string): Promise<number> {
  return culprit('build', join(root, `scenarios/kind/${suite}.yaml`), '--profile', profile, '--out', bundles);
}

function culprit(...args: readonly string[]): Promise<number> {
  return runChild([join(root, 'bin/culprit.js'), ...args]);
}

function tests(files: readonly string[]): Promise<number> {
  return runChild(
    [join(root, 'node_modules/vitest/vitest.mjs'), 'run', '--config', 'vitest.kind.config.ts', ...files],
    { CULPRIT_TEST_KUBECONFIG: kubeconfig, CULPRIT_TEST_CLUSTER: name, CULPRIT_TEST_PROFILE: profile },
  );
}

function runChild(args: readonly string[], more: Readonly<Record<string, string>> = {}): Promise<number> {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [...args], {
      cwd: root,
      stdio: 'inherit',
      env: { ...env, ...more },
    });
    running = child;
    child.on('exit', (code) => {
      running = undefined;
      resolve(code ?? 1);
    });
  });
}

async function cleanUp(): Promise<void> {
  say('taking the cluster down');
  if ((await culprit('cluster', 'down', '--profile', profile)) !== 0)
    spawnSync(
      'kind',
      ['delete', 'cluster', '--name', `shop-test-${process.pid}`, '--kubeconfig', kubeconfig],
      {
        stdio: 'ignore',
      },
    );
  rmSync(work, { recursive: true, force: true });
}

/** The image that the docker sandbox runs commands in, so that its conformance suite does not skip itself. */
async function sandboxImage(): Promise<number> {
  const image = imageName();
  const isThere = (name: string) =>
    spawnSync('docker', ['image', 'inspect', name], { stdio: 'ignore' }).status === 0;
  if (isThere(image)) return 0;
  const offlineBase = 'offline/debian:bookworm-slim';
  const base = isThere(offlineBase) ? ['--network', 'host', '--build-arg', `BASE_IMAGE=${offlineBase}`] : [];
  const built = spawnSync('docker', ['build', ...base, '--tag', image, join(root, 'sandbox')], {
    stdio: ['ignore', 'ignore', 'inherit'],
    env: { ...process.env, DOCKER_BUILDKIT: base.length > 0 ? '0' : '1' },
  });
  return built.status ?? 1;
}
