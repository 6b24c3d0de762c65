import { readdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { importApplication } from '../../author/import-application.ts';
import { loadProvider } from '../../author/providers.ts';
import { atomicWrite } from '../../base/atomic-write.ts';
import { exitCodes, UserError } from '../../base/errors.ts';
import { whileOpen } from '../../base/while-open.ts';
import { readDesiredState } from '../../fault/desired-state.ts';
import { requireValid } from '../../spec/diagnostics-error.ts';
import { loadApplication } from '../../spec/load-application.ts';
import { loadProfile } from '../../spec/load-profile.ts';
import { requireProfile } from '../../spec/workspace.ts';
import type { Command } from '../io.ts';
import { renderDiagnostics } from '../render-diagnostics.ts';

export interface ApplicationImportOptions {
  readonly name: string;
  readonly profile: string;
  readonly edge?: string;
  readonly load?: string;
  readonly rate: string;
  readonly out?: string;
}

/**
 * `culprit application import`: writes the folder of an application that runs in the cluster of a profile. Exit 1 if
 * something in it is still for the author to mend, which is said.
 */
export const applicationImport: Command<ApplicationImportOptions> = async (options, io) => {
  const { value: profile } = requireValid(await loadProfile(await requireProfile(options.profile, io.cwd)));
  const { kubeconfig } = profile;
  if (kubeconfig === undefined)
    throw new UserError('not-foreign', `the profile "${profile.name}" has no section "kubeconfig"`, {
      hint: 'it names the namespaces that are read; see docs/kubeconfig.md',
    });
  const [edgeNamespace, service] = pair('--edge', options.edge);
  const [loadNamespace, workload] = pair('--load', options.load);
  const requestsPerSecond = Number(options.rate);
  if (!(requestsPerSecond > 0)) throw new UserError('usage', '--rate is a number of requests a second');
  const folder = resolve(io.cwd, options.out ?? join('clusters', 'apps', options.name));
  if ((await readdir(folder).catch(() => [])).length > 0)
    throw new UserError('exists', `${folder} is there already`, { hint: 'take another name or --out' });

  const provider = await loadProvider(profile.provider);
  return await whileOpen(
    await provider.provision(profile, {
      seed: 1,
      startMs: Date.now(),
      signal: io.signal,
    }),
    async (cluster) => {
      const files = importApplication({
        name: options.name,
        namespaces: kubeconfig.namespaces,
        objects: await readDesiredState(cluster.kube),
        edge: { namespace: edgeNamespace, service },
        load: { namespace: loadNamespace, workload, requestsPerSecond },
        rules: await cluster.prometheus.rules(),
      });
      for (const [name, text] of files) await atomicWrite(join(folder, name), text);
      const { diagnostics, ok } = await loadApplication(folder);
      io.stdout.write(
        options.json
          ? `${JSON.stringify({ folder, files: [...files.keys()], diagnostics })}\n`
          : `${folder}\n`,
      );
      if (!options.json) io.stderr.write(renderDiagnostics(diagnostics, io.cwd));
      return ok ? exitCodes.ok : exitCodes.failed;
    },
  );
};

function pair(option: string, text = ''): [namespace: string, name: string] {
  const [namespace, name, ...more] = text.split('/');
  if (namespace && name && more.length === 0) return [namespace, name];
  throw new UserError('usage', `${option} is NAMESPACE/NAME, not "${text}"`);
}
