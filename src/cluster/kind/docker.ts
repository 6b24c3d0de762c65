import { runCommand, tryCommand } from './run-command.ts';

/** What of a container tells whose it is and whether it lives. */
export interface NodeContainer {
  readonly id: string;
  readonly name: string;
  readonly isRunning: boolean;
  /** Epoch ms. */
  readonly createdMs: number;
}

/** Version of Docker's daemon; PrerequisiteError where there is none or it does not run. */
export async function dockerVersion(signal?: AbortSignal): Promise<string> {
  const text = await runCommand('docker', ['version', '--format', '{{.Server.Version}}'], with_(signal));
  return text.trim();
}

/** Ids of local images by the names asked for; what is not there is left out. */
export async function imageIds(names: readonly string[]): Promise<ReadonlyMap<string, string>> {
  const ids = new Map<string, string>();
  if (names.length === 0) return ids;
  // one call for all: docker prints what it finds and complains about the rest
  const { stdout } = await tryCommand('docker', ['image', 'inspect', '--format', '{{json .}}', ...names]);
  const found = stdout
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as { Id: string; RepoTags?: string[] });
  const byTag = new Map(
    found.flatMap((image) => (image.RepoTags ?? []).map((tag) => [tag, image.Id] as const)),
  );
  for (const name of names) {
    const id = byTag.get(name) ?? byTag.get(`${name}:latest`);
    if (id !== undefined) ids.set(name, id);
  }
  return ids;
}

/** Value of a label of a local image by name, for those that have it. */
export async function imageLabels(
  names: readonly string[],
  label: string,
): Promise<ReadonlyMap<string, string>> {
  const labels = new Map<string, string>();
  if (names.length === 0) return labels;
  const { stdout } = await tryCommand('docker', ['image', 'inspect', '--format', '{{json .}}', ...names]);
  for (const line of stdout.split('\n').filter((one) => one !== '')) {
    const image = JSON.parse(line) as {
      RepoTags?: string[];
      Config?: { Labels?: Record<string, string> | null };
    };
    const value = image.Config?.Labels?.[label];
    if (value !== undefined) for (const tag of image.RepoTags ?? []) labels.set(tag, value);
  }
  return labels;
}

/** The containers of a kind cluster of that name, whoever made it. */
export async function nodeContainers(clusterName: string): Promise<readonly NodeContainer[]> {
  const list = await runCommand('docker', [
    'ps',
    '--all',
    '--no-trunc',
    '--filter',
    `label=io.x-k8s.kind.cluster=${clusterName}`,
    '--format',
    '{{.ID}}',
  ]);
  const ids = list.split('\n').filter((id) => id !== '');
  if (ids.length === 0) return [];
  const text = await runCommand('docker', ['inspect', ...ids]);
  const found = JSON.parse(text) as {
    Id: string;
    Name: string;
    Created: string;
    State: { Running: boolean };
  }[];
  return found
    .map(({ Id, Name, Created, State }) => ({
      id: Id,
      name: Name.replace(/^\//, ''),
      isRunning: State.Running,
      createdMs: Date.parse(Created),
    }))
    .sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** Runs a command inside a container and answers its output. */
export function execIn(
  container: string,
  command: readonly string[],
  options: { readonly input?: string; readonly timeoutMs?: number; readonly signal?: AbortSignal } = {},
): Promise<string> {
  const interactive = options.input === undefined ? [] : ['-i'];
  return runCommand('docker', ['exec', ...interactive, container, ...command], options);
}

/** Runs a shell script in every node's container that is running. */
export async function onRunningNodes(
  nodes: readonly NodeContainer[],
  script: string,
  options: { readonly input?: string; readonly timeoutMs: number },
): Promise<void> {
  await Promise.all(
    nodes.filter(({ isRunning }) => isRunning).map(({ id }) => execIn(id, ['sh', '-c', script], options)),
  );
}

function with_(signal: AbortSignal | undefined) {
  return signal === undefined ? {} : { signal };
}
