/**
 * `npm run test:kind`: what needs a real cluster. Makes one cluster with the whole application on it, runs every test that
 * needs one there, builds proven bundles of the eight mechanisms (`scenarios`: packed in three, so that it takes minutes),
 * looks at them as for publication (`verify`, `lint`), and takes the cluster down again, also after a failure or Ctrl-C.
 * Says what each phase took. Exit 3 where something is missing that it needs. Arguments choose phases
 * (`npm run test:kind -- tests`). Only on request, for they take long: `each` builds every mechanism alone, `foreign` is
 * the provider kubeconfig on an application that is not ours.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse, stringify } from 'yaml';
import { whenUnread } from '../src/base/unread.ts';
import { imageName } from '../src/harness/sandbox/docker/image.ts';
import { Children } from './children.ts';
import { leftoverRuns, namesOf, removeRun, workPrefix } from './kind-leftovers.ts';

const root = join(import.meta.dirname, '..');
// a name that says nothing: sandboxes show where they are mounted from
const work = mkdtempSync(join(tmpdir(), workPrefix));
const { profile: name, cluster: clusterName, label } = namesOf(process.pid);
const profile = join(work, 'clusters', `${name}.yaml`);
/** Kept where CULPRIT_TEST_BUNDLES says, to be looked at; beside it, in `…-unproved`, what was not proved. */
const bundles = process.env['CULPRIT_TEST_BUNDLES'] ?? join(work, 'bundles');
const env = {
  ...process.env,
  // state of its own: a cluster that somebody keeps running is not seen, and not touched
  XDG_STATE_HOME: join(work, 'state'),
  TMPDIR: work,
  CULPRIT_TEST_KUBECONFIG: join(work, 'state', 'culprit', 'clusters', `${name}.kubeconfig`),
  CULPRIT_TEST_CLUSTER: name,
  CULPRIT_TEST_PROFILE: profile,
  CULPRIT_TEST_LABEL: label,
  // the same when it is tried once more
  CULPRIT_TEST_SEED: process.env['CULPRIT_TEST_SEED'] ?? String(process.pid),
};

interface Phase {
  readonly name: string;
  readonly run: () => Promise<number>;
}

const phases: readonly Phase[] = [
  { name: 'image', run: sandboxImage },
  // few users: the tests are to find a machine that has time for them
  { name: 'up', run: () => culprit('cluster', 'up', '--profile', profile, '--rate', '5') },
  { name: 'tests', run: tests },
  { name: 'scenarios', run: () => build('together') },
  { name: 'foreign', run: () => vitest('test/kind/foreign') },
  { name: 'each', run: () => build('suite') },
  { name: 'verify', run: () => culprit('snapshot', 'verify', bundles) },
  { name: 'lint', run: () => culprit('snapshot', 'lint', bundles) },
];
const needed = new Set(['up']);
const onRequest = new Set(['foreign', 'each']);

const children = new Children();
let interrupted = false;
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
  process.on(signal, () => {
    if (interrupted) return;
    interrupted = true;
    say('interrupted: taking the cluster down');
    children.stop();
  });
// the cluster is to be taken down also when nobody reads what is told
for (const stream of [process.stdout, process.stderr]) whenUnread(stream);

process.exitCode = await main();

async function main(): Promise<number> {
  const missing = missingTools();
  if (missing.length > 0) {
    say(
      `cannot run here; missing: ${missing.join(', ')}.\nInstall them (https://kind.sigs.k8s.io), or on a machine without image registries run ../shared/tools/kind-offline/build.sh`,
    );
    rmSync(work, { recursive: true, force: true });
    return 3;
  }
  const unknown = process.argv.slice(2).filter((one) => !phases.some(({ name }) => name === one));
  if (unknown.length > 0) {
    say(`unknown phase ${unknown.join(', ')}; known: ${phases.map(({ name }) => name).join(', ')}`);
    rmSync(work, { recursive: true, force: true });
    return 2;
  }
  removeLeftovers();
  const startedMs = performance.now();
  // windows are short: what else the machine does explains what was not proved
  say(`${cpus().length} cores, load ${loadavg()[0]?.toFixed(1)}`);
  writeProfile();
  const results: { name: string; code: number | undefined; seconds: number }[] = [];
  let broken = false;
  try {
    for (const phase of chosenPhases()) {
      if (interrupted) break;
      if (broken) {
        results.push({ name: phase.name, code: undefined, seconds: 0 });
        continue;
      }
      say(`${phase.name} …`);
      const phaseMs = performance.now();
      const code = await phase.run();
      results.push({ name: phase.name, code, seconds: secondsSince(phaseMs) });
      if (code !== 0 && needed.has(phase.name)) broken = true;
    }
  } finally {
    await cleanUp();
  }
  if (!interrupted) repeatFailures();
  for (const { name, code, seconds } of results)
    say(
      `${name.padEnd(10)} ${code === undefined ? 'not run: there is no cluster' : code === 0 ? 'ok' : `FAILED (exit ${code})`}  ${seconds.toFixed(0)} s`,
    );
  say(`in all ${secondsSince(startedMs).toFixed(0)} s`);
  if (interrupted) return 130;
  if (results.some(({ name, code }) => needed.has(name) && code === 3)) return 3;
  return results.every(({ code }) => code === 0) ? 0 : 1;
}

function chosenPhases(): readonly Phase[] {
  const wanted = process.argv.slice(2);
  return phases.filter(
    ({ name }) => needed.has(name) || (wanted.length > 0 ? wanted.includes(name) : !onRequest.has(name)),
  );
}

function secondsSince(ms: number): number {
  return (performance.now() - ms) / 1000;
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

/** The test profile under the names of this run. */
function writeProfile(): void {
  const text = readFileSync(join(root, 'clusters/kind-test.yaml'), 'utf8');
  const settings = parse(text) as { name: string; kindCluster: { clusterName?: string } };
  settings.name = name;
  settings.kindCluster.clusterName = clusterName;
  mkdirSync(join(work, 'clusters'), { recursive: true });
  writeFileSync(profile, stringify(settings));
}

/**
 * A proof by the wall clock, and a test beside others, can fail because the machine was busy with something else for a
 * moment: what failed is tried once more, and that is said. What fails twice fails.
 */
async function twice(
  first: () => Promise<number>,
  again: () => Promise<number>,
  told: string,
): Promise<number> {
  const code = await first();
  if (code !== 1 || interrupted) return code;
  say(`${told} ONCE MORE`);
  return again();
}

function build(suite: string): Promise<number> {
  const file = join(root, `scenarios/kind/${suite}.yaml`);
  const kept =
    process.env['CULPRIT_TEST_BUNDLES'] === undefined ? [] : ['--keep-unproved', `${bundles}-unproved`];
  const args = ['build', file, '--profile', profile, '--out', bundles, '--verbose', ...kept];
  return twice(
    () => culprit(...args),
    () => culprit(...args, '--resume'),
    'not everything was proved: trying the rest',
  );
}

/** Ends its own workers, and puts back what it did. */
function culprit(...args: readonly string[]): Promise<number> {
  return runChild([join(root, 'bin/culprit.js'), ...args], (pid) => process.kill(pid, 'SIGTERM'));
}

/**
 * Two at a time, for they wait most of the time. The conformance suite loses a node and puts the application back: what
 * runs beside it needs neither.
 */
async function tests(): Promise<number> {
  const codes = await Promise.all([
    inTurn(['test/kind/cluster.test.ts']),
    inTurn(
      ['test/kind/live-capture.test.ts', 'test/kind/kube-client.test.ts'],
      ['test/kind/kills.test.ts'],
      ['test/kind/docker', 'test/harness'],
    ),
  ]);
  return codes.find((code) => code !== 0) ?? 0;
}

async function inTurn(...runs: readonly (readonly string[])[]): Promise<number> {
  let failed = 0;
  for (const files of runs) {
    const run = () => vitest(...files);
    failed = (await twice(run, run, `not everything passed: trying ${files.join(', ')}`)) || failed;
  }
  return failed;
}

function vitest(...files: readonly string[]): Promise<number> {
  if (interrupted) return Promise.resolve(130);
  const script = join(root, 'node_modules/vitest/vitest.mjs');
  return runChild([script, 'run', '--config', 'vitest.kind.config.ts', ...files], (pid) =>
    process.kill(-pid, 'SIGTERM'),
  );
}

function runChild(args: readonly string[], end: (pid: number) => void): Promise<number> {
  return children.run(args, { cwd: root, env, end });
}

/** Of a long output often only the end is kept: why something failed is told there once more. */
function repeatFailures(): void {
  for (const { command, code, lines } of children.failures) {
    const name = command.replaceAll(`${root}/`, '').replaceAll(`${work}/`, '');
    say(`the end of what failed (exit ${code}): ${name}`);
    for (const line of lines) process.stderr.write(`  ${line}\n`);
  }
}

async function cleanUp(): Promise<void> {
  say('taking the cluster down');
  if (existsSync(env.XDG_STATE_HOME)) await culprit('cluster', 'down', '--profile', profile);
  // what `cluster down` could not do, and what tests started beside it
  const problem = removeRun({ folder: work, pid: process.pid });
  if (problem !== undefined) say(problem);
}

/** Whole clusters that an earlier run left would take the time that this one's are to be proved in. */
function removeLeftovers(): void {
  for (const run of leftoverRuns(tmpdir())) {
    say(`removing what a run left that was cut off (process ${run.pid})`);
    const problem = removeRun(run);
    if (problem !== undefined) say(problem);
  }
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
