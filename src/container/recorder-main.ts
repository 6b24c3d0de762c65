import { inClusterClient } from './recorder/in-cluster-client.ts';
import { runRecorder } from './recorder/run-recorder.ts';

// Entry of the image: `node program.mjs collector | state-metrics | store-exporter`.
process.exitCode = await runRecorder(process.argv.slice(2), {
  env: process.env,
  log: (line) => process.stdout.write(`${new Date().toISOString()} ${line}\n`),
  kube: await inClusterClient(process.env),
  stopped: new Promise((resolve) => {
    for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => resolve(0));
  }),
});
// what is kept alive by watches and connections does not keep us
process.exit();
