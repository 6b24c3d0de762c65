/**
 * `npm run bench`: the figures the README quotes. Prints a table; with --json one object. Each measurement runs in a
 * process of its own, so that memory and warm-up do not mix.
 *
 *   node bench/run.ts [world|task|suite|scaling|profile …]
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { cpus, tmpdir, totalmem } from 'node:os';
import { join } from 'node:path';

const root = join(import.meta.dirname, '..');
const all = ['world', 'scaling', 'task', 'suite', 'profile'] as const;
const wanted = process.argv.slice(2).filter((name) => !name.startsWith('--'));
const chosen = all.filter((name) => wanted.length === 0 || wanted.includes(name));

interface WorldFigures {
  readonly simulatedMinutes: number;
  readonly elapsedMs: number;
  readonly calls: number;
  readonly peakMemoryMiB: number;
}

function node(...args: string[]): string {
  const { status, stdout, stderr } = spawnSync(process.execPath, args, {
    cwd: root,
    encoding: 'utf8',
    maxBuffer: 1 << 28,
  });
  if (status !== 0) throw new Error(`${args.join(' ')}: ${stderr}`);
  return stdout;
}

function world(factor: { load?: number; duration?: number } = {}): WorldFigures {
  return JSON.parse(
    node('bench/world.ts', String(30 * (factor.load ?? 1)), String(25 * (factor.duration ?? 1))),
  ) as WorldFigures;
}

function line(name: string, value: string): void {
  process.stdout.write(`${name.padEnd(58)} ${value}\n`);
}

function describe({ elapsedMs, simulatedMinutes, calls, peakMemoryMiB }: WorldFigures): string {
  return `${(elapsedMs / 1000).toFixed(2)} s  ${Math.round((simulatedMinutes * 60_000) / elapsedMs)}x real time  ${Math.round(calls / 1000)} thousand spans  ${Math.round(peakMemoryMiB)} MiB`;
}

function benchWorld(): void {
  line('world: shop, 10 + 15 min at 30 requests/s', describe(world()));
}

function benchScaling(): void {
  for (const load of [1, 2, 4]) line(`scaling: load x${load}, 25 min`, describe(world({ load })));
  for (const duration of [1, 2, 4])
    line(`scaling: duration x${duration}, 30 requests/s`, describe(world({ duration })));
}

function build(
  files: readonly string[],
  jobs: number,
): {
  seconds: number;
  outcomes: { status: string; elapsedMs: number; bytes: number; peakMemoryBytes: number }[];
} {
  const out = mkdtempSync(join(tmpdir(), 'bench-'));
  try {
    const started = performance.now();
    const outcomes = JSON.parse(
      node('bin/culprit.js', 'build', ...files, '--out', out, '--jobs', String(jobs), '--json', '--quiet'),
    );
    return { seconds: (performance.now() - started) / 1000, outcomes };
  } finally {
    rmSync(out, { recursive: true, force: true });
  }
}

function benchTask(): void {
  const { seconds, outcomes } = build(['scenarios/shop/payment-unreachable.yaml'], 1);
  const [outcome] = outcomes;
  line(
    'task: payment-unreachable (twin, proof, recovery, freeze)',
    `${seconds.toFixed(1)} s  ${((outcome?.peakMemoryBytes ?? 0) / 2 ** 20).toFixed(0)} MiB  bundle ${((outcome?.bytes ?? 0) / 1e6).toFixed(1)} MB`,
  );
}

function benchSuite(): void {
  const { seconds, outcomes } = build(['scenarios/shop/suite.yaml'], 2);
  const built = outcomes.filter(({ status }) => status === 'built');
  line(
    `suite: ${outcomes.length} scenarios, --jobs 2`,
    `${seconds.toFixed(0)} s  ${((built.length / seconds) * 60).toFixed(1)} tasks a minute  largest bundle ${(Math.max(...built.map(({ bytes }) => bytes)) / 1e6).toFixed(1)} MB  ${built.length}/${outcomes.length} built`,
  );
}

/** Where the time of one world goes: self time by folder of src/, from a CPU profile. */
function benchProfile(): void {
  const folder = mkdtempSync(join(tmpdir(), 'profile-'));
  try {
    node('--cpu-prof', `--cpu-prof-dir=${folder}`, 'bench/world.ts', '30', '25');
    const file = readdirSync(folder)[0] ?? '';
    const profile = JSON.parse(readFileSync(join(folder, file), 'utf8')) as {
      nodes: { id: number; callFrame: { url: string; functionName: string } }[];
      samples: number[];
      timeDeltas: number[];
    };
    const where = new Map(
      profile.nodes.map(({ id, callFrame }) => [id, partOf(callFrame.url, callFrame.functionName)]),
    );
    const spent = new Map<string, number>();
    profile.samples.forEach((id, index) => {
      const part = where.get(id) ?? '';
      spent.set(part, (spent.get(part) ?? 0) + (profile.timeDeltas[index] ?? 0));
    });
    const total = [...spent.values()].reduce((sum, time) => sum + time, 0);
    for (const [part, time] of [...spent].sort((a, b) => b[1] - a[1]).slice(0, 12))
      line(`profile: ${part}`, `${((100 * time) / total).toFixed(1)} %`);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function partOf(url: string, name: string): string {
  const path = /\/src\/(.*)$/.exec(url)?.[1];
  if (path === undefined)
    return name === '(garbage collector)'
      ? 'garbage collection'
      : name === '(idle)'
        ? 'idle'
        : url.includes('node_modules')
          ? 'packages'
          : 'Node.js';
  const [first, second, third] = path.split('/');
  return first === 'cluster' && third !== undefined
    ? `${first}/${second}/${third.endsWith('.ts') ? '' : third}`
    : (first ?? '');
}

process.stdout.write(
  `${cpus().length} cores (${cpus()[0]?.model ?? 'unknown'}), ${Math.round(totalmem() / 2 ** 30)} GiB, Node ${process.version}\n`,
);
const benches = {
  world: benchWorld,
  scaling: benchScaling,
  task: benchTask,
  suite: benchSuite,
  profile: benchProfile,
};
for (const name of chosen) benches[name]();
