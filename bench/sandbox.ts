import { spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadSandbox } from '../src/harness/sandbox/index.ts';
import type { Sandbox } from '../src/harness/sandbox/sandbox.ts';
import { attacks, createTarget, runAttack, type Verdict } from '../test/conformance/sandbox-attacks.ts';

/**
 * What a sandbox costs and what it holds.
 *
 *     node bench/sandbox.ts              time to start and overhead of a command, per sandbox
 *     node bench/sandbox.ts --attacks    table of attacks and sandboxes; as root also as an ordinary user
 */

const names = ['docker', 'bubblewrap', 'virtual'];
/** Somebody without rights, whom no file of this machine belongs to. */
const ordinaryUser = 65_501;

const [mode, only] = process.argv.slice(2);
if (mode === '--attacks') await printAttacks();
else if (mode === '--json' && only !== undefined) process.stdout.write(JSON.stringify(await tryAll(only)));
else await printOverhead();

async function printOverhead(): Promise<void> {
  const directory = await mkdtemp(join(tmpdir(), 'bench-'));
  await writeFile(join(directory, 'README.md'), 'evidence\n');
  const bare = await samples(30, () => plainBash());
  print(`load average ${loadavg()[0]?.toFixed(1)}; a plain bash -c true takes ${figures(bare)} here\n`);
  for (const name of names) {
    const sandbox = await loadSandbox(name);
    const state = await sandbox.available();
    if (!state.available) {
      print(`${name.padEnd(12)} does not work here: ${state.reason}`);
      continue;
    }
    const starts = await samples(5, async () => {
      await using session = await sandbox.start({ publicDirectory: directory });
      void session;
    });
    await using session = await sandbox.start({ publicDirectory: directory });
    const runs = await samples(60, () => session.run('true', { timeoutMs: 20_000 }));
    print(`${name.padEnd(12)} start and end ${figures(starts)}   command ${figures(runs)}`);
  }
  await rm(directory, { recursive: true, force: true });
}

async function samples(count: number, task: () => Promise<unknown>): Promise<number[]> {
  const all: number[] = [];
  for (let i = 0; i < count; i++) {
    const started = performance.now();
    await task();
    all.push(performance.now() - started);
  }
  return all.sort((a, b) => a - b);
}

function figures(sorted: readonly number[]): string {
  const at = (share: number) => (sorted[Math.floor(share * (sorted.length - 1))] ?? 0).toFixed(1).padStart(6);
  return `best ${at(0)}  median ${at(0.5)}  p90 ${at(0.9)} ms`;
}

function plainBash(): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn('/bin/bash', ['-c', 'true'], { stdio: 'ignore' });
    child.on('error', reject);
    child.on('close', () => resolve());
  });
}

async function printAttacks(): Promise<void> {
  const isRoot = process.getuid?.() === 0;
  const columns: [title: string, verdicts: readonly string[]][] = [];
  for (const name of names) {
    columns.push([name === 'bubblewrap' && isRoot ? 'bubblewrap (root)' : name, await tryAll(name)]);
    if (name === 'bubblewrap' && isRoot) columns.push(['bubblewrap (user)', await asOrdinaryUser(name)]);
  }
  columns.push(['none (control)', await tryAll('none')]);
  print(`| attack | ${columns.map(([title]) => title).join(' | ')} |`);
  print(`| --- | ${columns.map(() => '---').join(' | ')} |`);
  attacks.forEach((attack, index) => {
    print(`| ${attack.name} | ${columns.map(([, verdicts]) => verdicts[index] ?? '?').join(' | ')} |`);
  });
}

/** A word for every attack. */
async function tryAll(name: string): Promise<readonly string[]> {
  const sandbox = await loadSandbox(name);
  const state = await sandbox.available();
  if (!state.available) return attacks.map(() => `not tried: ${state.reason}`);
  const target = await createTarget();
  const verdicts: string[] = [];
  for (const attack of attacks) {
    // outside a sandbox only what does no harm is tried, to show that the attack would succeed
    if (!sandbox.isolated && !attack.looksOnly) verdicts.push('not tried');
    else
      verdicts.push(
        describe(
          await runAttack(attack, sandbox, target).catch((error: Error): Verdict => ({ got: error.message })),
          sandbox,
          attack.knownLimits?.[name],
        ),
      );
  }
  await target.dispose();
  return verdicts;
}

function describe(verdict: Verdict, sandbox: Sandbox, limit: string | undefined): string {
  if (verdict === 'held') return 'held';
  if ('notApplicable' in verdict) return 'n/a';
  if (!sandbox.isolated) return `gets ${verdict.got}`;
  return limit === undefined ? `**BROKEN: ${verdict.got}**` : `known limit: ${limit}`;
}

async function asOrdinaryUser(name: string): Promise<readonly string[]> {
  const output = await new Promise<string>((resolve, reject) => {
    const id = String(ordinaryUser);
    const child = spawn(
      'setpriv',
      [
        '--reuid',
        id,
        '--regid',
        id,
        '--clear-groups',
        process.execPath,
        import.meta.filename,
        '--json',
        name,
      ],
      { stdio: ['ignore', 'pipe', 'inherit'], env: { PATH: process.env['PATH'], HOME: '/nonexistent' } },
    );
    let text = '';
    child.stdout.on('data', (chunk: Buffer) => (text += chunk.toString()));
    child.on('error', reject);
    child.on('close', () => resolve(text));
  });
  try {
    return JSON.parse(output) as string[];
  } catch {
    return attacks.map(() => 'not tried: this checkout cannot be read by an ordinary user');
  }
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}
