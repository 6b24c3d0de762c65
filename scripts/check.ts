import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { checkDiagnosticCodes } from './check-diagnostic-codes.ts';
import { checkImports } from './check-imports.ts';
import { checkSyntax } from './check-syntax.ts';
import { staleSchemas } from './schemas.ts';

/** `npm run check`: everything that can be said about the source without running the tests. */

const root = join(import.meta.dirname, '..');

interface Step {
  readonly name: string;
  /** What is wrong, as text to print; empty: nothing. */
  readonly run: () => Promise<string>;
}

const steps: readonly Step[] = [
  {
    name: 'format and lint',
    run: () => tool('@biomejs/biome/bin/biome', ['ci', '--colors=off', '--diagnostic-level=warn']),
  },
  { name: 'types', run: () => tool('typescript/bin/tsc', ['-p', '.', '--pretty', 'false']) },
  { name: 'imports', run: async () => lines(await checkImports(root)) },
  { name: 'unused', run: () => tool('knip/bin/knip.js', ['--no-progress']) },
  { name: 'schemas', run: async () => lines(await staleSchemas(), 'run: npm run schemas') },
  {
    name: 'syntax',
    run: async () => lines(await checkSyntax(root), 'base/while-open.ts disposes of one resource'),
  },
  { name: 'diagnostic codes', run: async () => lines(await checkDiagnosticCodes(root)) },
];

let failed = 0;
for (const step of steps) {
  const started = performance.now();
  const problems = await step
    .run()
    .catch((error: unknown) => (error instanceof Error ? (error.stack ?? error.message) : String(error)));
  const seconds = ((performance.now() - started) / 1000).toFixed(1).padStart(5);
  process.stdout.write(`${problems === '' ? 'ok    ' : 'FAILED'} ${seconds} s  ${step.name}\n`);
  if (problems !== '') {
    failed++;
    process.stdout.write(`${problems.trimEnd().replaceAll(/^/gm, '    ')}\n`);
  }
}
process.exitCode = failed > 0 ? 1 : 0;

/** Runs a tool of node_modules under this Node; its output if it failed. */
function tool(path: string, args: readonly string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [join(root, 'node_modules', path), ...args], {
      cwd: root,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let output = '';
    child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
    child.stderr.on('data', (chunk: Buffer) => (output += chunk.toString()));
    child.on('error', reject);
    child.on('close', (code) => resolve(code === 0 ? '' : output || `exit code ${code}`));
  });
}

function lines(problems: readonly string[], hint = ''): string {
  return problems.length === 0 ? '' : [...problems, hint].join('\n');
}
