import { resolve } from 'node:path';
import { exitCodes } from '../../base/errors.ts';
import { whileOpen } from '../../base/while-open.ts';
import { recover as undo } from '../../fault/recovery.ts';
import { connectCluster } from '../connect-cluster.ts';
import type { Command } from '../io.ts';
import { formatTable } from '../table.ts';

interface RecoverOptions {
  readonly kubeconfig?: string;
  readonly journal?: string;
}

/**
 * `culprit recover`: undoes what the last `inject` on this cluster did, from its journal, also after that process was
 * killed. Exit 1 if something was kept because somebody else changed it meanwhile.
 */
export const recover: Command<RecoverOptions> = async (options, io) => {
  return await whileOpen(await connectCluster(options, io), async (cluster) => {
    const journal = options.journal === undefined ? cluster.journal : resolve(io.cwd, options.journal);
    const report = await undo(journal, cluster.target);
    if (options.json) io.stdout.write(`${JSON.stringify({ journal, ...report }, undefined, 2)}\n`);
    else if (report.operations.length === 0) io.stdout.write('nothing to undo\n');
    else
      io.stdout.write(
        formatTable(
          ['operation', 'outcome', 'what'],
          report.operations.map(({ operation, outcome, detail }) => [operation, outcome, detail]),
        ),
      );
    return report.isClean ? exitCodes.ok : exitCodes.failed;
  });
};
