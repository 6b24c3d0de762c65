import { loadProvider } from '../../author/providers.ts';
import { exitCodes } from '../../base/errors.ts';
import { requireValid } from '../../spec/diagnostics-error.ts';
import { loadProfile } from '../../spec/load-profile.ts';
import { requireProfile } from '../../spec/workspace.ts';
import type { Command } from '../io.ts';
import { formatTable } from '../table.ts';

/** `culprit cluster probe`: what clusters of a profile can do, found out by trying. Exit 1 if something does not work. */
export const clusterProbe: Command<{ readonly profile: string }> = async (options, io) => {
  const { value: profile } = requireValid(await loadProfile(await requireProfile(options.profile, io.cwd)));
  const provider = await loadProvider(profile.provider);
  await using cluster = await provider.provision(profile, {
    seed: 1,
    startMs: Date.now(),
    signal: io.signal,
  });
  const found = [...(await cluster.probe())].map(([capability, { works, detail }]) => ({
    capability,
    works,
    detail,
  }));
  io.stdout.write(
    options.json
      ? `${JSON.stringify(found, undefined, 2)}\n`
      : formatTable(
          ['capability', 'works', 'what was seen'],
          found.map(({ capability, works, detail }) => [capability, works ? 'yes' : 'no', detail]),
        ),
  );
  return found.every(({ works }) => works) ? exitCodes.ok : exitCodes.failed;
};
