import { execFile } from 'node:child_process';
import { access, constants } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import type { CommonOptions, Io } from '../io.ts';
import { formatTable } from '../table.ts';

/** Something outside that culprit can make use of. */
interface Tool {
  readonly name: string;
  readonly commands: readonly string[];
  readonly versionArguments: readonly string[];
  readonly enables: string;
  readonly get: string;
}

const tools: readonly Tool[] = [
  {
    name: 'docker',
    commands: ['docker'],
    versionArguments: ['version', '--format', '{{.Server.Version}}'],
    enables: 'kind clusters; agents in a container',
    get: 'install Docker Engine and start it',
  },
  {
    name: 'kind',
    commands: ['kind'],
    versionArguments: ['version', '-q'],
    enables: 'scenarios on a real Kubernetes cluster',
    get: 'see kind.sigs.k8s.io',
  },
  {
    name: 'kubectl',
    commands: ['kubectl'],
    versionArguments: ['version', '--client'],
    enables: 'looking at a running cluster by hand',
    get: 'see kubernetes.io/docs/tasks/tools',
  },
  {
    name: 'bubblewrap',
    commands: ['bwrap'],
    versionArguments: ['--version'],
    enables: 'agents in a sandbox without Docker',
    get: 'apt-get install bubblewrap',
  },
  {
    name: 'promtool',
    commands: ['promtool'],
    versionArguments: ['--version'],
    enables: 'the comparison of PromQL answers with a real Prometheus',
    get: 'apt-get install prometheus',
  },
  {
    name: 'chromium',
    commands: ['chromium', 'chromium-browser', 'google-chrome'],
    versionArguments: ['--version'],
    enables: 'browser tests of the HTML pages',
    get: 'apt-get install chromium',
  },
];

interface Finding {
  readonly name: string;
  readonly status: 'found' | 'missing' | 'not-working';
  readonly version: string;
  readonly path: string;
  readonly enables: string;
  readonly get: string;
}

/** `culprit doctor`: nothing is required beyond Node, so the exit code is always 0. */
export async function doctor(options: CommonOptions, io: Io): Promise<number> {
  const node: Finding = {
    name: 'node',
    status: 'found',
    version: process.versions.node,
    path: process.execPath,
    enables: 'everything on the embedded cluster',
    get: '',
  };
  const findings = [node, ...(await Promise.all(tools.map((tool) => look(tool, io))))];
  if (options.json) {
    io.stdout.write(`${JSON.stringify({ tools: findings }, undefined, 2)}\n`);
    return 0;
  }
  const rows = findings.map((found) => [
    found.name,
    found.status,
    found.version || '-',
    found.enables,
    found.status === 'found' ? '' : found.get,
  ]);
  io.stdout.write(formatTable(['tool', 'status', 'version', 'enables', 'how to get it'], rows));
  io.stdout.write(
    '\nThe embedded cluster needs nothing but Node: scenarios can be built and scored with what is here.\n',
  );
  return 0;
}

async function look(tool: Tool, io: Io): Promise<Finding> {
  const base = { name: tool.name, enables: tool.enables, get: tool.get };
  const path = await findExecutable(tool.commands, io.env.PATH ?? '');
  if (path === undefined) return { ...base, status: 'missing', version: '', path: '' };
  const answer = await versionOf(path, tool.versionArguments, io.signal);
  return { ...base, path, status: answer === undefined ? 'not-working' : 'found', version: answer ?? '' };
}

async function findExecutable(names: readonly string[], searchPath: string): Promise<string | undefined> {
  for (const name of names)
    for (const directory of searchPath.split(delimiter).filter(Boolean)) {
      const path = join(directory, name);
      try {
        await access(path, constants.X_OK);
        return path;
      } catch {
        // look in the next folder
      }
    }
  return undefined;
}

function versionOf(path: string, args: readonly string[], signal: AbortSignal): Promise<string | undefined> {
  return new Promise((resolve) => {
    execFile(path, [...args], { timeout: 5000, signal }, (error, stdout, stderr) => {
      if (error) return resolve(undefined);
      const text = `${stdout}\n${stderr}`;
      resolve(/\d+\.\d+[\w.+-]*/.exec(text)?.[0] ?? text.trim().split('\n')[0] ?? '');
    });
  });
}
