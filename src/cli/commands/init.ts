import { access, readFile } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { checkScenario } from '../../author/check-scenario.ts';
import { newSeed } from '../../author/seed.ts';
import { atomicWrite } from '../../base/atomic-write.ts';
import { UserError } from '../../base/errors.ts';
import { catalogue } from '../../fault/catalogue.ts';
import { viewFromManifests } from '../../fault/view.ts';
import { requireValid } from '../../spec/diagnostics-error.ts';
import { loadApplication } from '../../spec/load-application.ts';
import { packageRoot, requireApplication } from '../../spec/workspace.ts';
import type { CommonOptions, Io } from '../io.ts';
import { displayPath } from '../render-diagnostics.ts';
import { scenarioText } from '../scenario-text.ts';

const application = 'shop';
const firstFault = 'image-not-found';

/** `culprit init [dir]`: a new benchmark workspace whose files validate; files that are there already are kept. */
export async function init(options: CommonOptions & { dir?: string }, io: Io): Promise<number> {
  const folder = resolve(io.cwd, options.dir ?? '.');
  const files = await workspaceFiles(basename(folder));
  const taken: string[] = [];
  for (const name of files.keys()) if (await exists(join(folder, name))) taken.push(name);
  if (taken.length === files.size)
    throw new UserError(
      'workspace-exists',
      `${displayPath(folder, io.cwd) || folder} is a workspace already`,
      { hint: 'culprit scenario new NAME --fault FAULT adds a scenario' },
    );
  const written = [...files.keys()].filter((name) => !taken.includes(name));
  for (const name of written) await atomicWrite(join(folder, name), files.get(name) ?? '');

  for (const name of written.filter((one) => one.startsWith(`scenarios/${application}/`)))
    requireValid(await checkScenario(join(folder, name)));
  const shown = written.map((name) => displayPath(join(folder, name), io.cwd));
  io.stdout.write(
    options.json
      ? `${JSON.stringify({ written: shown, kept: taken })}\n`
      : shown.map((name) => `${name}\n`).join(''),
  );
  if (!options.quiet) {
    for (const name of taken) io.stderr.write(`kept ${name}\n`);
    io.stderr.write(
      `next: ${options.dir ? `cd ${options.dir}; ` : ''}culprit scenario plan scenarios/${application}/first.yaml\n`,
    );
  }
  return 0;
}

/** Relative path and text of each file. */
async function workspaceFiles(name: string): Promise<Map<string, string>> {
  const loaded = requireValid(await loadApplication(await requireApplication(application, packageRoot)));
  const fault = catalogue.get(firstFault);
  const seed = newSeed();
  const args = fault.suggest?.(viewFromManifests(loaded, seed));
  if (args === undefined) throw new Error(`${firstFault} suggests nothing for ${application}`);
  const draft = { application, cluster: 'embedded' };
  return new Map([
    ['.gitignore', 'node_modules/\n/runs/\n/.culprit/\n'],
    ['README.md', readme(name)],
    ['clusters/embedded.yaml', await readFile(join(packageRoot, 'clusters', 'embedded.yaml'), 'utf8')],
    [
      `scenarios/${application}/first.yaml`,
      scenarioText({
        ...draft,
        name: 'first',
        summary: fault.summary,
        category: fault.category,
        tags: fault.tags,
        faults: [{ fault: fault.name, args }],
        seed,
      }),
    ],
    [
      `scenarios/${application}/control.yaml`,
      scenarioText({
        ...draft,
        name: 'control',
        summary: 'A control: nothing is wrong',
        category: 'control',
        faults: [],
        seed: newSeed(),
      }),
    ],
    [
      'scenarios/suite.yaml',
      `apiVersion: culprit.dev/v1
kind: Suite
metadata:
  name: suite
  summary: All scenarios of this benchmark
  version: 1
scenarios:
  - ${application}/first.yaml
  - ${application}/control.yaml
`,
    ],
  ]);
}

function readme(name: string): string {
  return `# ${name}

A benchmark of incident diagnosis, made with culprit.

    culprit scenario validate scenarios/suite.yaml    every mistake, with file and line
    culprit scenario plan scenarios/${application}/first.yaml   what would be done to the cluster
    culprit build scenarios/suite.yaml                a frozen task for each scenario, in snapshots/

\`culprit scenario new NAME --fault FAULT\` adds a scenario, \`culprit fault list\` names the faults. Scenarios look up
applications and cluster profiles in \`clusters/\` here, then in culprit itself: an application of your own goes to
\`clusters/apps/<name>/\`.
`;
}

async function exists(path: string): Promise<boolean> {
  try {
    await access(path);
    return true;
  } catch {
    return false;
  }
}
