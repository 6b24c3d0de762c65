#!/usr/bin/env node
// The command, from a checkout and from a package. Plain JavaScript on purpose: it has to run on an old Node, and tsc
// or npm must never have to make it executable. Node below the floor: start again under the Node that npm installed.
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const [major, minor] = process.versions.node.split('.').map(Number);

if (major > 22 || (major === 22 && minor >= 22)) await start();
else await restart();

async function start() {
  const module = await import('node:module');
  module.enableCompileCache?.();
  // Node 22 warns that it strips types; it is what we ask for
  if (major === 22) process.removeAllListeners('warning');
  const source = join(root, 'src', 'main.ts');
  const entry = existsSync(source) ? source : join(root, 'dist', 'main.js');
  const { main } = await import(pathToFileURL(entry).href);
  await main();
}

async function restart() {
  const { createRequire } = await import('node:module');
  let node;
  try {
    node = join(dirname(createRequire(import.meta.url).resolve('node/package.json')), 'bin', 'node');
  } catch {
    node = undefined;
  }
  if (node === undefined || !existsSync(node)) {
    process.stderr.write(
      `error: culprit needs Node.js 22.22 or newer, this is ${process.versions.node}\n` +
        '  hint: install a newer Node.js, or run "npm ci" in the checkout, which brings one along\n',
    );
    process.exit(3);
  }
  const { spawn } = await import('node:child_process');
  const child = spawn(node, [fileURLToPath(import.meta.url), ...process.argv.slice(2)], { stdio: 'inherit' });
  // stay until the child has cleaned up; what a terminal sends to both of us, it takes as one signal
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
  child.on('error', (error) => {
    process.stderr.write(`error: cannot start ${node}: ${error.message}\n`);
    process.exit(3);
  });
  child.on('exit', (code, signal) =>
    process.exit(code ?? (signal === 'SIGINT' ? 130 : signal === 'SIGTERM' ? 143 : 137)),
  );
}
