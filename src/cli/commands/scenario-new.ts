import { access } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { checkScenario } from '../../author/check-scenario.ts';
import { newSeed } from '../../author/seed.ts';
import { atomicWrite } from '../../base/atomic-write.ts';
import { UserError } from '../../base/errors.ts';
import { catalogue } from '../../fault/catalogue.ts';
import type { ClusterView, Fault } from '../../fault/fault.ts';
import { viewFromManifests } from '../../fault/view.ts';
import { requireValid } from '../../spec/diagnostics-error.ts';
import { entityName } from '../../spec/entity-name.ts';
import { loadApplication } from '../../spec/load-application.ts';
import { requireApplication, requireProfile } from '../../spec/workspace.ts';
import type { CommonOptions, Io } from '../io.ts';
import { displayPath } from '../render-diagnostics.ts';
import { scenarioText } from '../scenario-text.ts';
import { workspaceRoot } from '../workspace-root.ts';

export interface ScenarioNewOptions extends CommonOptions {
  readonly name: string;
  readonly fault?: readonly string[];
  readonly application: string;
  readonly cluster: string;
  readonly out?: string;
  readonly force?: boolean;
}

/**
 * `culprit scenario new NAME --fault F`: writes a scenario that validates, with a suitable target filled in for each
 * fault; without a fault, a control. Prints the path of the file.
 */
export async function scenarioNew(options: ScenarioNewOptions, io: Io): Promise<number> {
  if (!/^[a-z][a-z0-9-]*$/.test(options.name))
    throw new UserError('bad-name', `"${options.name}" cannot be a scenario's name`, {
      hint: 'lower-case letters, digits and dashes, a letter first',
    });
  const path = options.out
    ? resolve(io.cwd, options.out)
    : join(workspaceRoot(io.cwd), 'scenarios', options.application, `${options.name}.yaml`);
  if (!options.force && (await exists(path)))
    throw new UserError('file-exists', `${displayPath(path, io.cwd)} is there already`, {
      hint: 'choose another name, or add --force',
    });

  const application = requireValid(
    await loadApplication(await requireApplication(options.application, dirname(path))),
  );
  await requireProfile(options.cluster, dirname(path));
  const seed = newSeed();
  const view = viewFromManifests(application, seed);
  const faults = suggestFaults(options.fault ?? [], view);
  const first = faults[0]?.fault;
  await atomicWrite(
    path,
    scenarioText({
      name: options.name,
      summary:
        faults.length > 0
          ? faults.map(({ fault }) => fault.summary).join('; ')
          : 'A control: nothing is wrong',
      application: options.application,
      cluster: options.cluster,
      category: first?.category ?? 'control',
      tags: [...new Set(faults.flatMap(({ fault }) => fault.tags))],
      faults: faults.map(({ fault, args }) => ({ fault: fault.name, args })),
      seed,
    }),
  );
  const checked = await checkScenario(path);
  const shown = displayPath(path, io.cwd);
  io.stdout.write(options.json ? `${JSON.stringify({ file: shown, valid: checked.ok })}\n` : `${shown}\n`);
  // two faults may suit the same object: the file says where, the author decides
  requireValid(checked);
  if (!options.quiet) io.stderr.write(`next: culprit scenario plan ${shown}, culprit build ${shown}\n`);
  return 0;
}

interface Suggestion {
  readonly fault: Fault;
  readonly args: unknown;
}

/** Arguments for each fault; one that was given before takes its objects away, so that faults keep apart. */
function suggestFaults(names: readonly string[], view: ClusterView): Suggestion[] {
  const taken = new Set<string>();
  return names.map((name) => {
    const fault = catalogue.get(name);
    const rest = withoutObjects(view, taken);
    const args = fault.suggest?.(rest) ?? fault.suggest?.(view);
    if (args === undefined)
      throw new UserError(
        'no-target',
        `nothing in ${view.application.name} is a suitable target for ${name}`,
        { hint: 'choose another fault or application' },
      );
    for (const { action } of fault.plan(args, view).operations)
      if ('target' in action) taken.add(entityName(action.target));
    return { fault, args };
  });
}

function withoutObjects(view: ClusterView, taken: ReadonlySet<string>): ClusterView {
  const objects = view.objects.filter(
    (object) => !taken.has(entityName({ kind: object.kind, ...object.metadata })),
  );
  return { ...view, objects, find: (ref) => (taken.has(entityName(ref)) ? undefined : view.find(ref)) };
}

async function exists(path: string): Promise<boolean> {
  try {
    await access(path);
    return true;
  } catch {
    return false;
  }
}
